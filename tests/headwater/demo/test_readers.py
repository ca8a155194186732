"""The same released table, read by DuckDB, Polars, delta-rs and Spark."""

import duckdb
import polars as pl
from deltalake import DeltaTable
from pyspark.sql import SparkSession

from headwater.operate.inspection import place_of
from settings.model import load_settings
from tests.headwater.demo.conftest import House
from tests.shops import TENANT

COLUMNS = ["customer_id", "rfm_segment", "amount_sum"]


def test_four_tools_read_the_same_rows(house: House, spark: SparkSession) -> None:
    place, version = place_of(load_settings(TENANT), "gold_customer_profiles")
    table = DeltaTable(str(place), version=version)
    arrow = table.to_pyarrow_dataset()
    read = {
        "delta-rs": [
            tuple(row.values()) for row in table.to_pyarrow_table(columns=COLUMNS).to_pylist()
        ],
        "DuckDB": duckdb.connect().execute(f"SELECT {', '.join(COLUMNS)} FROM arrow").fetchall(),
        "Polars": pl.read_delta(str(place), version=version).select(COLUMNS).rows(),
        "Spark": [
            tuple(row)
            for row in spark.read.format("delta")
            .option("versionAsOf", version)
            .load(str(place))
            .select(COLUMNS)
            .collect()
        ],
    }
    rows = {tool: sorted(tool_rows) for tool, tool_rows in read.items()}
    assert {row[0] for row in rows["delta-rs"]} == house.customers
    assert arrow.schema.names[0] == "customer_id"
    assert rows["DuckDB"] == rows["Polars"] == rows["Spark"] == rows["delta-rs"]
