"""Makes the home that the tests of an upgrade begin with, by the commands of the version that wrote
such homes: `python tests/upgrade/make_home.py CHECKOUT`, CHECKOUT being a worktree of commit
5e31ac9 in which `make setup` was run.

A corner shop of some 300 customers delivers order lines for fifteen weeks. A backfill trains two
champions and publishes the first release. On the next day most lines name no store, which a person
accepts, and one line is late, which makes the first release stale; a second release follows. The
files of one more day lie in the landing zone: the day that the test runs.
"""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import count
from pathlib import Path

from lakehouse.store.table_reading import rows_at

HERE = Path(__file__).parent
ARCHIVE, SCORES = HERE / "home.tar.xz", HERE / "scores.json"
TENANT = "corner_shop"
FIRST, DAYS = date(2026, 1, 5), 105
PUBLISHED = FIRST + timedelta(days=DAYS)  # the first release; the day after it has the second one
SEED = 5
REGULARS, GUESTS_A_DAY = 80, 2
GAP = 8  # days between two orders of a regular, on average
WITHOUT_STORE = 0.75  # of the lines of the unusual day
STAGES = ["ingest", "silver", "features", "score", "gold", "release", "report"]
LEARNING = ["labels", "train", "gate"]
DECLARED = """\
# A corner shop that delivers order lines and nothing else.
zone: Europe/Berlin
currency: EUR
first_day: 2026-01-05
sources:
  orders:
    format: csv
    delivery: daily
    columns: [order, customer, store, product, day, quantity, price, rebate]
    event_date: order_date
    mapping:
      order_id: order
      line_id: product
      customer_id: customer
      product_id: product
      store_id: nullif(store, '')
      order_date: to_date(day)
      quantity: quantity
      amount: price
      discount: rebate
"""
# Four windows of two weeks: fifteen weeks are enough history. Tables without compression inside an
# archive with it are smaller than compressed twice.
SETTINGS = {
    "HEADWATER_TRAINING__WINDOWS": "4",
    "HEADWATER_TRAINING__WINDOW_DAYS": "14",
    "HEADWATER_SPARK__DRIVER_MEMORY": "2g",
    "HEADWATER_SPARK__SHUFFLE_PARTITIONS": "1",
    "HEADWATER_SPARK__CONF": json.dumps(
        {
            "spark.sql.parquet.compression.codec": "uncompressed",
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        }
    ),
}
# What the new code makes again, or what nothing reads: reports, scratch, events, pictures of runs,
# and what Delta derives from the commits of a log.
LEFT_OUT = ("data/work", "data/report", "data/lineage", "data/catalog")
LEFT_OUT_SUFFIXES = (".crc", ".png", ".checkpoint.parquet", "_last_checkpoint", ".lock")


def main(checkout: Path) -> None:
    """Make the home in a temporary folder, and pack it beside this file."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        conf = home / "conf"
        shutil.copytree(checkout / "conf", conf)
        (conf / "tenants" / f"{TENANT}.yml").write_text(DECLARED)
        deliver(home / "data/landing" / TENANT)
        live(checkout, home)
        SCORES.write_text(json.dumps(scores(home), indent=0, sort_keys=True) + "\n")
        pack(home)
    print(f"{ARCHIVE}: {ARCHIVE.stat().st_size} bytes, {SCORES}: {SCORES.stat().st_size} bytes")


def deliver(landing: Path) -> None:
    """Write the files of every day, and of the two days after the first release."""
    days = dict[date, list[str]]()
    for day, text in sorted(order_lines(random.Random(SEED))):
        days.setdefault(day, []).append(text)
    chance = random.Random(SEED)
    late = f"late,regular 1,1,milk,{PUBLISHED - timedelta(days=3)},1,4.20,0.00"
    for day, lines in days.items():
        texts = lines
        if day == PUBLISHED:
            texts = [*(_without_store(t) if chance.random() < WITHOUT_STORE else t for t in lines)]
            texts.append(late)
        path = landing / "orders" / str(day) / "orders.csv"
        path.parent.mkdir(parents=True)
        header = "order,customer,store,product,day,quantity,price,rebate"
        path.write_text("\n".join([header, *texts, ""]))


def order_lines(chance: random.Random) -> Iterator[tuple[date, str]]:
    """Yield each line with its day: regulars come all the time, guests buy dear and reduced things
    three times within ten days and never again.
    """
    numbers = count(1)
    for regular in range(1, REGULARS + 1):
        place = chance.uniform(0, GAP)
        while place < DAYS + 2:
            yield from _order(chance, f"regular {regular}", int(place), next(numbers), 3, 0.0)
            place += chance.uniform(0.5, 1.5) * GAP
    for guest in range(GUESTS_A_DAY * (DAYS + 2)):
        begins = guest // GUESTS_A_DAY
        for place in sorted(
            {begins, begins + chance.randint(1, 6), begins + chance.randint(5, 10)}
        ):
            if place < DAYS + 2:
                yield from _order(chance, f"guest {guest}", place, next(numbers), 9, 0.3)


def live(checkout: Path, home: Path) -> None:
    """Run the backfill with its training, the day that stops, the waiver, and the day again."""
    command(checkout, home, "run", *STAGES, *LEARNING, *_days(FIRST, PUBLISHED))
    after = PUBLISHED + timedelta(days=1)
    stopped = command(checkout, home, "run", *STAGES, *_days(PUBLISHED, after), expected=1)
    assert "store.completeness" in stopped, stopped
    why, who = "the tills of two stores were replaced", "ada"
    command(
        checkout, home, "quality", "accept", "orders", str(PUBLISHED), "--why", why, "--who", who
    )
    command(checkout, home, "run", *STAGES, *_days(PUBLISHED, after))


def scores(home: Path) -> dict[str, float]:
    """What the champion of churn said of each customer in the second release."""
    table = home / "data/lake" / TENANT / "gold_customer_scores"
    rows = rows_at(table, "as_of", [PUBLISHED + timedelta(days=1)]).to_pylist()
    probabilities = {
        row["customer_id"]: row["churn_probability"] for row in rows if row["model_version"]
    }
    if not probabilities:
        raise SystemExit("no customer has a score: the gate let no model through")
    return probabilities


def pack(home: Path) -> None:
    """Pack what a home keeps: landing zone, lake, registry and the tenant's file."""
    database = home / "data/mlflow.db"
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM")
    with tarfile.open(ARCHIVE, "w:xz", preset=9) as archive:
        for path in sorted(home.rglob("*")):
            name = path.relative_to(home).as_posix()
            if path.is_file() and _is_kept(name):
                archive.add(path, name, filter=_nobodys)


def command(checkout: Path, home: Path, *words: str, expected: int = 0) -> str:
    """Run a command of the old version in the home; returns what it printed."""
    names = {"HEADWATER_HOME": str(home), "HEADWATER_CONF": str(home / "conf")}
    done = subprocess.run(
        [checkout / ".venv/bin/headwater", *words, "--tenant", TENANT],
        env=os.environ | SETTINGS | names,
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != expected:
        raise SystemExit(f"{' '.join(words)}: {done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout + done.stderr


def _order(
    chance: random.Random, customer: str, place: int, number: int, price: int, rebate: float
) -> Iterator[tuple[date, str]]:
    day = FIRST + timedelta(days=place)
    products = chance.sample(
        ["milk", "bread", "cheese", "apples", "soap"], chance.choice([1, 1, 2])
    )
    for product in products:
        amount = price + chance.randint(0, 4) / 2
        yield (
            day,
            (
                f"{number},{customer},{chance.randint(1, 3)},{product},{day},1,{amount:.2f},"
                f"{amount * rebate:.2f}"
            ),
        )


def _without_store(text: str) -> str:
    fields = text.split(",")
    return ",".join([*fields[:2], "", *fields[3:]])


def _days(start: date, end: date) -> list[str]:
    return ["--start", str(start), "--end", str(end)]


def _is_kept(name: str) -> bool:
    is_conf = name.startswith("conf/") and name != f"conf/tenants/{TENANT}.yml"
    return not (is_conf or name.startswith(LEFT_OUT) or name.endswith(LEFT_OUT_SUFFIXES))


def _nobodys(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
