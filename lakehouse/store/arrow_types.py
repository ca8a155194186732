"""Arrow's types by the names that the dictionary of columns gives types, which are Spark's."""

from collections.abc import Mapping

import pyarrow as pa

TYPES = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


def arrow_type(name: str) -> pa.DataType:
    """The type of this name."""
    if name.startswith("decimal("):
        precision, scale = name.removeprefix("decimal(").removesuffix(")").split(",")
        return pa.decimal128(int(precision), int(scale))
    if name == "array<string>":
        return pa.list_(pa.string())
    return TYPES[name]


def with_columns(rows: pa.Table, types: Mapping[str, str]) -> pa.Table:
    """The rows with those of the columns that they lack, as nulls: they were written before a table
    had them.
    """
    for name, of in types.items():
        if name not in rows.column_names:
            rows = rows.append_column(name, pa.nulls(rows.num_rows, arrow_type(of)))
    return rows
