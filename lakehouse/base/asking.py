"""Names what asks Spark for a job: Spark's pages and its event log show the name beside each."""

from collections.abc import Iterator
from contextlib import contextmanager

from pyspark.sql import SparkSession

DESCRIPTION = "spark.job.description"


@contextmanager
def asking(spark: SparkSession, table: str, step: str) -> Iterator[None]:
    """The jobs that this thread asks for in the block are for this step of the table's build."""
    context = spark.sparkContext
    before = context.getLocalProperty(DESCRIPTION)
    context.setLocalProperty(DESCRIPTION, f"{table}: {step}")
    try:
        yield
    finally:
        # None takes the name away
        context.setLocalProperty(DESCRIPTION, before)  # type: ignore[arg-type]
