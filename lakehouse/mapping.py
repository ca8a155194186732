"""From a shop's columns to the standard ones, by the tenant's expressions; what cannot be read is told, never dropped."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from lakehouse.columns import column
from lakehouse.contract import ContractError, Table
from lakehouse.nearest import nearest
from lakehouse.sources import Source

TECHNICAL = ("arrived_on", "source_file", "source_line")


def mapped(bronze: DataFrame, source: Source, table: Table) -> DataFrame:
    """The standard columns of the table, those that the shop does not deliver null; and what the house needs to judge a row.

    That is `raw_record` (JSON as delivered), `fingerprint` (its hash), `unreadable` (a sentence per value that is not of its type) and
    `is_deleted`: the row withdraws its key.

    Raises:
        ContractError: the mapping names a column that the table does not know, or lacks one that its rules require.
    """
    refuse_unknown(source, table)
    plain = bronze.select(*(F.expr(text).alias(name) for name, text in source.mapping.items())).schema
    values, sentences = [], [_corrupt()]
    for name, text in source.mapping.items():
        wanted, delivered = column(name).type, F.expr(text)
        if plain[name].dataType.simpleString() == "string" and wanted != "string":
            value = F.expr(f"try_cast(nullif(trim({text}), '') as {wanted})")
            broken = (F.trim(delivered) != "") & value.isNull()
        else:
            value = F.expr(f"try_cast(({text}) as {wanted})")
            broken = delivered.isNotNull() & value.isNull()
        values.append(value.alias(name))
        sentences.append(F.when(broken, F.concat(F.lit(f"{name}: '"), delivered.cast("string"), F.lit(f"' is not a {wanted}"))))
    absent = [
        F.lit(None).cast(column(n).type).alias(n) for n in table.columns if n not in source.mapping and n not in (*TECHNICAL, "is_deleted")
    ]
    delivered_columns = [F.col(f"`{c}`") for c in source.columns]
    raw = F.to_json(F.struct(*delivered_columns)).alias("raw_record")
    fingerprint = F.xxhash64(*(F.coalesce(c, F.lit("\u0000")) for c in delivered_columns)).alias("fingerprint")  # a null hashes to nothing
    deleted = F.coalesce(F.expr(source.deleted_when or "false"), F.lit(False)).alias("is_deleted")
    unreadable = F.array_compact(F.array(*sentences)).alias("unreadable")
    return bronze.select(*values, *absent, *TECHNICAL, "event_date", raw, fingerprint, unreadable, deleted)


def refuse_unknown(source: Source, table: Table) -> None:
    """Whether the mapping fits the table.

    Raises:
        ContractError: lists the columns it names and the table does not know, with the nearest match, and those it lacks; or says that
            the table cannot keep what `lists_all` would delete.
    """
    known = list(table.columns)
    if source.lists_all and "is_deleted" not in known:
        raise ContractError(f"the source for {table.name}: lists_all is for entities, and {table.name} keeps no deleted ones; leave it out")
    unknown = [f"{n} (nearest: {nearest(n, known)})" for n in source.mapping if n not in known]
    required = {name for name in table.key if name not in TECHNICAL} | {c for rule in table.rules for c in rule.required}
    lacking = sorted(required - {*source.mapping})
    if unknown or lacking:
        raise ContractError(
            f"the mapping of the source for {table.name}: unknown columns: {', '.join(unknown) or 'none'}; "
            f"lacking columns: {', '.join(lacking) or 'none'}. {table.name} has: {', '.join(known)}"
        )


def event_date(source: Source) -> Column:
    """Business day of a delivered record: the mapped event date, or the arrival day for an entity; null when unreadable."""
    if source.event_date is None:
        return F.col("arrived_on")
    return F.expr(f"try_cast({source.mapping[source.event_date]} as date)")


def _corrupt() -> Column:
    return F.when(
        F.col("corrupt_record").isNotNull(), F.concat(F.lit("the line does not have the declared columns: "), F.col("corrupt_record"))
    )
