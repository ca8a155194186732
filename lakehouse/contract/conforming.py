"""From what a function returned to what its contract promises: exact columns, types and order."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.base.value_errors import NOT_FITTING
from lakehouse.contract.columns import types_of
from lakehouse.contract.errors import ContractError
from lakehouse.contract.table import Table


def conformed(frame: DataFrame, table: Table) -> DataFrame:
    """The frame with exactly the contract's columns, types and order; floats keep 9 significant
    digits, so that sums in any order agree.

    Raises:
        ContractError: lists every column that is missing, not declared or of another type.

    A number that does not fit its type fails the build when the rows are computed, in a sentence
    with table, column, key and number.
    """
    if table.source:
        return frame
    types = {f.name: f.dataType.simpleString() for f in frame.schema.fields}
    wanted = types_of(table.columns)
    wrong = [f"missing {n} ({t})" for n, t in wanted.items() if n not in types]
    wrong += [f"not declared {n} ({t})" for n, t in types.items() if n not in wanted]
    wrong += [
        f"{n} is {types[n]}, declared {t}"
        for n, t in wanted.items()
        if n in types and not _fits(types[n], t)
    ]
    if wrong:
        raise ContractError(f"{table.name} does not fit its contract: " + "; ".join(wrong))
    return frame.select(*(_fitted(n, types[n], t, table).alias(n) for n, t in wanted.items()))


def with_later_columns(frame: DataFrame, table: Table) -> DataFrame:
    """Rows that were written under an older contract of the table, with the columns that it has got
    since, as nulls.
    """
    lacking = types_of(name for name in table.columns if name not in frame.columns)
    nulls = {name: F.lit(None).cast(of) for name, of in lacking.items()}
    return frame.withColumns(nulls) if nulls else frame


def _fitted(name: str, actual: str, wanted: str, table: Table) -> Column:
    if wanted == "double":
        return nine_digits(F.col(name))
    if actual == wanted:
        return F.col(name)
    value, fitting = F.col(name), F.expr(f"try_cast(`{name}` as {wanted})")
    key = F.concat_ws(
        ", ",
        *(
            F.concat(F.lit(f"{part} "), F.coalesce(F.col(part).cast("string"), F.lit("null")))
            for part in table.key
        ),
    )
    message = F.concat(
        F.lit(f"{NOT_FITTING}{table.name}.{name} is a {wanted}, and "),
        value.cast("string"),
        F.lit(" does not fit into it ("),
        key,
    )
    return F.when(value.isNull() | fitting.isNotNull(), fitting).otherwise(
        F.raise_error(F.concat(message, F.lit(")")))
    )


def nine_digits(value: Column) -> Column:
    """A double rounded to 9 significant digits; NaN becomes null."""
    # a bigint: that of an infinite value fits no int
    digits = F.lit(8) - F.floor(F.log10(F.abs(value)))
    scale = F.pow(F.lit(10.0), digits)
    return (
        F.when(value.isNull() | F.isnan(value), F.lit(None))
        .when(value == 0, 0.0)
        .otherwise(F.rint(value * scale) / scale)
    )


def _fits(actual: str, wanted: str) -> bool:
    return (
        actual == wanted
        or (actual.startswith("decimal") and wanted.startswith("decimal"))
        or {actual, wanted} <= {"int", "bigint"}
    )
