"""The properties of a table, among them which columns' smallest and largest values its log holds:
the impersonal ones alone.

The log (`_delta_log`: commits, checksums, checkpoints) keeps the extremes of columns for every data
file, for readers that skip files by them: by Delta's default those of every column. They outlive
the rows by the retention of the log. Delta 3.3.3 and delta-rs 1.6 keep to the two properties in all
of these files, and count the rows of a file whatever they say
(`tests/lakehouse/store/test_table_properties.py`).
"""

import json
import re
from collections.abc import Collection, Mapping
from decimal import Decimal

# Reader version 1 for every table, so that DuckDB, Polars and delta-rs read them; log and files
# outlive the oldest kept release (30 days).
PROPERTIES = {
    "delta.enableDeletionVectors": "false",
    "delta.minReaderVersion": "1",
    "delta.minWriterVersion": "2",
    "delta.logRetentionDuration": "interval 60 days",
    "delta.deletedFileRetentionDuration": "interval 35 days",
}
COLUMNS = "delta.dataSkippingStatsColumns"
FIRST_COLUMNS = "delta.dataSkippingNumIndexedCols"
# Types that Delta keeps extremes of, by the names of Spark and of the log: it refuses the property
# when it names a column of another type.
WITH_EXTREMES = {
    "string",
    "date",
    "timestamp",
    "timestamp_ntz",
    "double",
    "float",
    "bigint",
    "int",
    "smallint",
    "tinyint",
    "long",
    "integer",
    "short",
    "byte",
}


def limits(types: Mapping[str, str], impersonal: Collection[str]) -> dict[str, str]:
    """The properties by which the log holds the extremes of the impersonal ones of these columns,
    and of no other.

    `types` are those of the columns that the table has: Delta refuses the name of one that it has
    not. An empty list counts as none given, so the number of first columns that have extremes
    otherwise is 0, too.
    """
    named = [_quoted(name) for name, of in types.items() if name in impersonal and has_extremes(of)]
    return {COLUMNS: ",".join(named), FIRST_COLUMNS: "0"}


def limits_among(properties: Mapping[str, str]) -> dict[str, str]:
    """Of a table's properties, those that `limits` makes; none of a table that was made before they
    were set.
    """
    return {name: properties[name] for name in (COLUMNS, FIRST_COLUMNS) if name in properties}


def has_extremes(type_name: str) -> bool:
    """Whether Delta keeps the extremes of columns of this type."""
    return type_name in WITH_EXTREMES or type_name.startswith("decimal(")


def limited(statistics: str, impersonal: Collection[str]) -> str | None:
    """What the log says of a file, without the columns that are not impersonal; None where it says
    nothing of those.
    """
    stats = json.loads(statistics or "{}", parse_float=_exact)
    parts = {name: part for name, part in stats.items() if isinstance(part, dict)}
    if {name for part in parts.values() for name in part} <= {*impersonal}:
        return None
    kept = {
        place: {name: v for name, v in part.items() if name in impersonal and v is not None}
        for place, part in parts.items()
    }
    return json.dumps(stats | kept)


def _exact(number: str) -> float | None:
    """None for a decimal that a float cannot hold: a reader would skip a file by it that holds the
    value.
    """
    return float(number) if Decimal(repr(float(number))) == Decimal(number) else None


def _quoted(name: str) -> str:
    """The name as Delta reads it in a list: both engines read `größe`, `a-b` and `a.b` in
    backticks, and split or refuse them without.
    """
    return (
        name
        if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
        else "`" + name.replace("`", "``") + "`"
    )
