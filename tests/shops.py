"""Small shops that live in a folder of the test: deliver, run stages, read tables."""

import gzip
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import yaml

from bench.programs import apart
from headwater.demo.shops import land
from jobs.stages.pipeline import run
from lakehouse.base.run import Run
from lakehouse.store import delta, ops
from lakehouse.store.context import lake_of
from lakehouse.store.records import FileRecord
from settings.model import Settings, Tenant, load_settings

HEADER = "household_id,store_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,coupon_match_disc,week,transaction_timestamp"
TENANT = "complete_journey"


class Shop:
    """A shop in a folder: deliver order lines by day, run stages, read tables."""

    def __init__(
        self, home: Path, declared: str | None = None, *, settings: Settings | None = None
    ) -> None:
        """The demo's shop, or another of the repository by its settings; or one as declared: the
        text of a file of conf/tenants/.
        """
        self.home = home
        self.settings: Settings = settings or load_settings(TENANT)
        if declared is not None:
            tenant = Tenant.model_validate({"name": "any_shop", **yaml.safe_load(declared)})
            self.settings = self.settings.model_copy(update={"tenant": tenant})
        self.landing = home / "data/landing" / self.settings.tenant.name
        with self.at_home():
            self.lake = lake_of(self.settings)

    def deliver(self, day: str, *lines: str, header: str = HEADER) -> Path:
        """Deliver a day's order lines, and an empty file of redemptions."""
        self.write(f"redemptions/{day}/redemptions.jsonl.gz", gzip.compress(b""))
        return self.write(
            f"orders/{day}/orders.csv.gz", gzip.compress("\n".join([header, *lines, ""]).encode())
        )

    def write(self, name: str, content: bytes) -> Path:
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def land(self, until: str, customers: int) -> None:
        """Have the real data delivered, of the first customers alone."""
        with self.at_home():
            land(self.settings, date.fromisoformat(until), customers)

    def run(self, start: str, end: str, *stages: str, as_of: tuple[str, ...] = ()) -> None:
        dates = tuple(date.fromisoformat(day) for day in as_of)
        with self.at_home():
            run(
                self.settings,
                Run(
                    self.settings.tenant.name,
                    date.fromisoformat(start),
                    date.fromisoformat(end),
                    dates,
                ),
                list(stages or ("ingest", "silver")),
            )

    def run_apart(self, start: str, end: str, *stages: str) -> None:
        """`run` in a process of its own, whose Java compiles as it does in production: the demo's
        year takes 770 CPU seconds so, and 1,308 in the session that tests share.
        """
        many = self.settings.spark.model_copy(update={"conf": {}, "driver_memory": "3g"})
        shop = Shop(self.home, settings=self.settings.model_copy(update={"spark": many}))
        apart(shop.run, start, end, *stages)

    def fetch_again(self, start: str, end: str) -> None:
        with self.at_home():
            run(
                self.settings,
                Run(TENANT, date.fromisoformat(start), date.fromisoformat(end), refetch=True),
                ["fetch"],
            )

    @contextmanager
    def at_home(self) -> Iterator[None]:
        """HEADWATER_HOME is this shop's, whichever was opened last."""
        with patch.dict(os.environ, HEADWATER_HOME=str(self.home)):
            yield

    def only(self, source: str) -> None:
        """Leave the shop one source of those it declares."""
        tenant = self.settings.tenant
        one = tenant.model_copy(update={"sources": {source: tenant.sources[source]}})
        self.settings = self.settings.model_copy(update={"tenant": one})

    @contextmanager
    def views(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Every table of the lake as a view of its name."""
        with duckdb.connect() as views:
            for path in delta.tables(self.lake):
                views.register(path.name, delta.dataset(path))
            yield views

    def records(self, table: str) -> list[dict[str, Any]]:
        """The rows of a table as they are."""
        return (
            delta.read_arrow(self.lake / table).to_pylist()
            if delta.exists(self.lake / table)
            else []
        )

    def failed_checks(self) -> dict[str, str]:
        """Message by name of the checks that failed, whatever their level."""
        return {
            row["check_name"]: row["message"]
            for row in self.records("ops_checks")
            if row["status"] == "failed"
        }

    def columns(self, table: str) -> list[str]:
        return list(delta.dataset(self.lake / table).schema.names)

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """The rows of a table, sorted, as tuples of text, so that two lakes can be compared."""
        if not delta.exists(self.lake / table):
            return []
        frame = delta.read_arrow(self.lake / table)
        names = columns or sorted(frame.column_names)
        return sorted(tuple(str(row[n]) for n in names) for row in frame.to_pylist())


def line(
    customer: str, order: str, product: str, amount: str, day: str, time: str = "17:00:00"
) -> str:
    """One delivered order line; the time is UTC, noon in New York."""
    return f"{customer},1,{order},{product},1,{amount},0.00,0.00,0.00,1,{day} {time}"


def file_record(run: Run, source: str, name: str, day: date, state: str = "loaded") -> FileRecord:
    """What the manifest says of a file of that day, as the run found it."""
    return FileRecord(
        run_id=run.run_id,
        tenant=run.tenant,
        source=source,
        source_file=name,
        file_state=state,
        sha256="x",
        arrived_on=day,
        loaded_at=ops.now(),
    )
