"""Finds out which columns every column comes from, by planning each table's function over empty
inputs, and writes it to a file.
"""

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.stages.pipeline import declare_tables
from lakehouse.base.run import Run
from lakehouse.base.spark import session
from lakehouse.build import reading
from lakehouse.contract.bronze import AS_RECEIVED
from lakehouse.contract.columns import types_of
from lakehouse.contract.mapping import event_date, mapped
from lakehouse.contract.table import TABLES, Table
from lakehouse.lineage.column_lineage import LANDING
from lakehouse.lineage.spark_plans import column_inputs
from lakehouse.store.context import PinnedModel
from settings.model import Settings, load_settings
from settings.places import ROOT

# table, column, direct or indirect, the input columns
Found = dict[str, dict[str, dict[str, list[str]]]]
# those of the tables, and of each tenant
Lineage = dict[str, Found | dict[str, Found]]
# plans are made, not run: a model is given, so that its columns are seen to go into it
NO_MODEL = PinnedModel(None, "any", "0")
ANY_DAY = date(2017, 1, 2)


@dataclass(frozen=True)
class Planning:
    """What planning needs: a session, one tenant's settings and a folder for empty inputs."""

    spark: SparkSession
    settings: Settings
    folder: Path

    def empty(self, name: str, types: Mapping[str, str]) -> DataFrame:
        """A frame without rows read from a folder of that name, so that plans say which of its
        columns are read.
        """
        place = self.folder / name
        place.mkdir(exist_ok=True)
        return self.spark.read.schema(
            ", ".join(f"`{key}` {type}" for key, type in types.items())
        ).parquet(str(place))


def write_lineage(path: Path) -> None:
    """Write the lineage of every column of every table, for every tenant, to the file."""
    path.write_text(as_text(find_lineage()), encoding="utf-8")


def find_lineage() -> Lineage:
    """The lineage of the tables that read other tables, and for each tenant that of those that its
    files and mapping feed.
    """
    declare_tables()
    tenants = [
        load_settings(item.stem) for item in sorted((ROOT / "conf" / "tenants").glob("*.yml"))
    ]
    spark = session(tenants[0])
    fed = [table for table in TABLES.values() if table.source or table.reads_source]
    with tempfile.TemporaryDirectory() as folder:
        planning = [Planning(spark, settings, Path(folder)) for settings in tenants]
        others = {
            name: _of_table(planning[0], TABLES[name])
            for name in sorted(TABLES.keys() - {table.name for table in fed})
        }
        return {
            "tables": others,
            "tenants": {item.settings.tenant.name: _of_tenant(item, fed) for item in planning},
        }


def as_text(lineage: Lineage) -> str:
    """The lineage as JSON with one column a line, so that differences can be read."""
    return "{\n" + ",\n".join(_lines(lineage, 1)) + "\n}\n"


def _lines(value: Mapping[str, Any], depth: int) -> Iterator[str]:
    for name, inner in value.items():
        if "direct" in inner or not inner:
            yield f"{' ' * depth}{json.dumps(name)}: {json.dumps(inner)}"
        else:
            yield (
                f"{' ' * depth}{json.dumps(name)}: {{\n"
                + ",\n".join(_lines(inner, depth + 1))
                + f"\n{' ' * depth}}}"
            )


def _of_tenant(planning: Planning, tables: list[Table]) -> Found:
    delivered = planning.settings.tenant.sources.keys()
    fed = [table for table in tables if (table.source or table.reads_source) in delivered]
    return {
        table.name: _of_table(planning, table)
        for table in sorted(fed, key=lambda table: table.name)
    }


def _of_table(planning: Planning, table: Table) -> dict[str, dict[str, list[str]]]:
    """Of every column of the table, the input columns."""
    frame = _frame(planning, table)
    inputs_of = column_inputs(frame)
    return {
        name: {
            "direct": _names(inputs_of[name].direct),
            "indirect": _names(inputs_of[name].indirect),
        }
        for name in (frame.columns if table.source else table.columns)
    }


def _names(columns: frozenset[tuple[str, str]]) -> list[str]:
    return sorted(f"{table}.{name}" for table, name in columns)


def _frame(planning: Planning, table: Table) -> DataFrame:
    """The table's function over empty inputs; nothing of it is ever run."""
    if table.source:
        source = planning.settings.tenant.sources[table.source]
        landed = planning.empty(
            f"{LANDING}_{table.source}", types_of(AS_RECEIVED, source.all_columns)
        ).drop("event_date")
        return table.function(landed).withColumn("event_date", event_date(source))
    return table.function(**{name: _seen(planning, table, name) for name in table.reads})


def _seen(planning: Planning, table: Table, name: str) -> Any:
    """What the function sees of one input, without rows."""
    read = table.reads[name]
    if read.how == "settings":
        return planning.settings
    if read.how == "models":
        return dict.fromkeys(read.kinds, NO_MODEL)
    if read.how == "known_until":
        return ANY_DAY
    if source_name := TABLES[name].source:
        source = planning.settings.tenant.sources[source_name]
        return mapped(
            planning.empty(name, types_of(TABLES[name].columns, source.all_columns)), source, table
        )
    frame = planning.empty(name, types_of(TABLES[name].columns))
    if read.how == "touched":
        return frame
    return reading.seen(
        frame, Run(planning.settings.tenant.name, ANY_DAY, ANY_DAY + timedelta(days=1)), name, read
    )
