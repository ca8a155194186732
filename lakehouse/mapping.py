"""From a shop's columns to the standard ones, by the tenant's expressions; what cannot be read is told, never dropped."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.columns import column
from lakehouse.settings import Source

TECHNICAL = ("arrived_on", "source_file", "source_line")


def mapped(bronze: DataFrame, source: Source) -> DataFrame:
    """Standard columns of the source, `raw_record` (JSON as delivered) and `unreadable` (a sentence per value that is not of its type)."""
    texts = {name: F.expr(expression) for name, expression in source.mapping.items()}
    plain = bronze.select(texts_schema(texts)).schema
    values, sentences = [], [_corrupt()]
    for name, text in texts.items():
        wanted = column(name).type
        if plain[name].dataType.simpleString() != "string" or wanted == "string":
            values.append(text.cast(wanted).alias(name))
            continue
        value = F.expr(f"try_cast(nullif(trim({source.mapping[name]}), '') as {wanted})")
        values.append(value.alias(name))
        sentences.append(F.when((F.trim(text) != "") & value.isNull(), F.concat(F.lit(f"{name}: '"), text, F.lit(f"' is not a {wanted}"))))
    raw = F.to_json(F.struct(*source.columns)).alias("raw_record")
    return bronze.select(*values, *TECHNICAL, "event_date", raw, F.array_compact(F.array(*sentences)).alias("unreadable"))


def texts_schema(texts: dict[str, Column]) -> list[Column]:
    """The expressions under their standard names."""
    return [text.alias(name) for name, text in texts.items()]


def event_date(source: Source) -> Column:
    """Business day of a delivered record: the mapped event date, or the arrival day for an entity; null when unreadable."""
    if source.event_date is None:
        return F.col("arrived_on")
    return F.expr(f"try_cast({source.mapping[source.event_date]} as date)")


def _corrupt() -> Column:
    return F.when(
        F.col("corrupt_record").isNotNull(), F.concat(F.lit("the line does not have the declared columns: "), F.col("corrupt_record"))
    )
