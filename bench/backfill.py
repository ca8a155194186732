"""`make bench-backfill`: three years in one command, and a year in one pass beside the same
pipeline run for ten single days.

The years before 2017 are the real one again, 364 days earlier per year so that weekdays stay, with
order numbers of their own.
"""

import gzip
import json
import os
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import duckdb
import typer

from bench.demo import refuse_foreign_places, temporary_home
from bench.programs import Program, cleared, headwater, measured
from headwater.demo.shops import land
from jobs import DEMO
from lakehouse.base.run import days_of
from lakehouse.intake.landing import landing_of
from lakehouse.store import delta
from lakehouse.store.context import lake_of
from settings.model import load_settings

FIRST, END = date(2017, 1, 1), date(2018, 1, 1)
BACK = timedelta(days=364)
STAGES = ("ingest", "silver", "features")


def main(
    years: Annotated[
        int, typer.Option(min=1, help="Years of the long history, the real one included.")
    ] = 3,
    days: Annotated[
        int, typer.Option(min=1, help="Single days that the year is compared with, its last ones.")
    ] = 10,
) -> None:
    """Land the history, load it whole, then its last year, then all but some days and each of these
    by itself; print seconds.
    """
    with temporary_home(keep=False):
        settings = load_settings(DEMO)
        refuse_foreign_places(settings)
        landing, lake = landing_of(settings), lake_of(settings)
        land(settings)
        for back in range(1, years):
            repeat(landing, back)
        print(f"{sum(1 for _ in landing.glob('*/*/*'))} files landed for {years} years", flush=True)
        os.environ["HEADWATER_TENANT__FIRST_DAY"] = str(FIRST - (years - 1) * BACK)
        whole = measured(
            f"{years} years", headwater(*STAGES, start=FIRST - (years - 1) * BACK, end=END)
        )
        print(_line(whole, lake), flush=True)
        os.environ["HEADWATER_TENANT__FIRST_DAY"] = str(FIRST)
        cleared(lake)
        year = measured("the year", headwater(*STAGES, start=FIRST, end=END))
        print(_line(year, lake), flush=True)
        cleared(lake)
        last = [END - timedelta(days=n) for n in range(days, 0, -1)]
        print(
            _line(
                measured("all but these days", headwater(*STAGES, start=FIRST, end=last[0])), lake
            ),
            flush=True,
        )
        single = [
            measured(str(day), headwater(*STAGES, start=day, end=day + timedelta(days=1)))
            for day in last
        ]
        for program in single:
            print(_line(program, lake))
    taken = sum(program.seconds for program in single)
    print(
        f"{days} single days take {taken:.0f} s, the year in one pass {year.seconds:.0f} s:"
        f" {year.seconds / taken:.2f} times as long."
    )


def repeat(landing: Path, back: int) -> None:
    """Deliver the real year again, so many times 364 days before it."""
    shift = back * BACK
    with duckdb.connect(config={"threads": 1}) as shop:
        # the year's last day would fall on the first one of the year after
        for day in days_of(FIRST, FIRST + BACK):
            target = landing / "orders" / str(day - shift) / "orders.csv.gz"
            target.parent.mkdir(parents=True, exist_ok=True)
            # shifted in the shop's time, since summer time does not begin on the same day every
            # year
            local = (
                "timezone('America/New_York', timezone('UTC', transaction_timestamp::TIMESTAMP))"
            )
            moved = (
                f"strftime(timezone('UTC', timezone('America/New_York', {local} - INTERVAL"
                f" {shift.days} DAY)), '%Y-%m-%d %H:%M:%S')"
            )
            rows = (
                f"SELECT * REPLACE ('{back}-' || basket_id AS basket_id, {moved} AS"
                " transaction_timestamp)"
            )
            source = (
                f"read_csv('{landing}/orders/{day}/orders.csv.gz', all_varchar = true, header ="
                " true)"
            )
            shop.execute(
                f"COPY ({rows} FROM {source}) TO '{target}' (FORMAT csv, HEADER true, COMPRESSION"
                " gzip)"
            )
            _repeat_redemptions(landing, day, shift)


def _repeat_redemptions(landing: Path, day: date, shift: timedelta) -> None:
    target = landing / "redemptions" / str(day - shift) / "redemptions.jsonl.gz"
    target.parent.mkdir(parents=True, exist_ok=True)
    records = map(
        json.loads,
        gzip.decompress(
            (landing / "redemptions" / str(day) / target.name).read_bytes()
        ).splitlines(),
    )
    moved = [
        record | {"redemption_date": str(date.fromisoformat(record["redemption_date"]) - shift)}
        for record in records
    ]
    target.write_bytes(
        gzip.compress("".join(json.dumps(record) + "\n" for record in moved).encode())
    )


def _line(program: Program, lake: Path) -> str:
    lines = delta.row_count(lake / "silver_order_lines")
    return (
        f"{program.name:<20}{program.seconds:>8.0f} s{program.peak:>8.0f} MiB, {lines:,} order"
        f" lines in silver, {lines / program.seconds:,.0f} per second"
    )


if __name__ == "__main__":
    typer.run(main)
