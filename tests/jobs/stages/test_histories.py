"""A thousand small histories at once against an oracle that holds everything in memory.

After every run silver, tiles and quarantine are what the files that lie there say, whatever came
late, twice, corrected, moved, withdrawn, cancelled or broken before.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shops import Shop

DAYS = [f"2020-02-{day}" for day in (27, 28, 29)] + ["2020-03-01", "2020-03-02"]  # over a leap day
# the arrival days of each run; a day that comes again was delivered anew before it
RUNS = [[0], [1], [0], [2, 3], [1, 2], [4], [0]]
HISTORIES = 1000
Record = dict[str, Any]
Files = dict[int, list[Record]]

SHOP = """
zone: UTC
currency: EUR
first_day: 2020-02-01
sources:
  orders:
    format: jsonl
    delivery: daily
    columns: [who, number, line, day, paid, gone]
    event_date: order_date
    deleted_when: gone = 'true'
    refused_share: 1.0
    mapping: {customer_id: who, order_id: number, line_id: line, order_date: day, amount: paid}
"""


def new_records(chance: Random, arrival: int) -> Iterator[Record]:
    """What arrives on a day: of each history some of its four lines, on this day or an earlier one;
    a few broken, a few cancelled.
    """
    for history in range(HISTORIES):
        for line in range(4):
            if chance.random() < 0.4:
                day, paid = (
                    DAYS[chance.randint(0, arrival)],
                    "x" if chance.random() < 0.05 else f"{chance.randint(0, 3)}.50",
                )
                key = {
                    "who": f"c{history}",
                    "number": f"o{history}-{line // 2}",
                    "line": str(line % 2),
                }
                yield {**key, "day": day, "paid": paid, "gone": chance.random() < 0.1}


def delivered(chance: Random, files: Files, arrival: int) -> list[Record]:
    """A new file for the day, or the one that is there with lines dropped, amounts changed, some
    said twice, the order mixed.
    """
    if arrival not in files:
        records = list(new_records(chance, arrival))
    else:
        kept = [record for record in files[arrival] if chance.random() < 0.8]
        records = [
            {**record, "paid": "9.00"} if chance.random() < 0.2 else record for record in kept
        ]
    records += [record for record in records if chance.random() < 0.1]
    chance.shuffle(records)
    return records


def expected(
    files: Files,
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Silver lines, customer days and refused rows of the files that lie there: of each key the
    last whole record counts.
    """
    newest: dict[tuple[str, str], Record] = {}
    refused = []
    for arrival, records in sorted(files.items()):
        for place, record in enumerate(records, 1):
            if record["paid"] == "x" and not record["gone"]:
                refused.append((f"orders/{DAYS[arrival]}/orders.jsonl", str(place)))
            else:
                newest[record["number"], record["line"]] = record
    lines = [r for r in newest.values() if not r["gone"]]
    days: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in lines:
        days[record["who"], record["day"]].append(record)
    tiles = [
        (
            who,
            day,
            str(len({r["number"] for r in values})),
            str(len(values)),
            f"{sum(Decimal(r['paid']) for r in values):.4f}",
        )
        for (who, day), values in days.items()
    ]
    silver = [
        (r["number"], r["line"], r["who"], r["day"], f"{Decimal(r['paid']):.4f}") for r in lines
    ]
    return sorted(silver), sorted(tiles), sorted(refused)


@settings(max_examples=1, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(seed=st.integers(0, 10**6))
def test_histories_in_any_order_end_as_the_files_say(
    shop_in: Callable[..., Shop], seed: int
) -> None:
    chance, files = Random(seed), Files()
    shop = shop_in(f"seed{seed}", SHOP)
    for arrivals in RUNS:
        for arrival in arrivals:
            files[arrival] = delivered(chance, files, arrival)
            text = "\n".join(json.dumps(record) for record in files[arrival])
            shop.write(f"orders/{DAYS[arrival]}/orders.jsonl", text.encode())
        shop.run(DAYS[min(arrivals)], [*DAYS, "2020-03-03"][max(arrivals) + 1])
        silver, tiles, refused = expected(files)
        assert (
            shop.rows(
                "silver_order_lines", "order_id", "line_id", "customer_id", "order_date", "amount"
            )
            == silver
        ), arrivals
        assert (
            shop.rows(
                "silver_customer_days",
                "customer_id",
                "order_date",
                "order_count",
                "line_count",
                "amount_sum",
            )
            == tiles
        ), arrivals
        assert (
            shop.rows("silver_order_lines_quarantine", "source_file", "source_line") == refused
        ), arrivals
