"""The only place that builds a Spark session."""

import os
import sys

from pyspark.sql import SparkSession

from lakehouse.java import jar_paths, java_home
from lakehouse.settings import Catalog, Settings, SettingsError, absolute

# 2 snapshot partitions: Delta replays its log with this many tasks; the default of 50 tiny ones costs seconds per operation.
CONF = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.sql.execution.arrow.pyspark.fallback.enabled": "false",
    "spark.sql.legacy.timeParserPolicy": "CORRECTED",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.log.level": "ERROR",
    # Every Python worker imports pandas once; keeping it saves seconds per scoring task.
    "spark.python.worker.reuse": "true",
}


# Rows depend on these: a text without a zone is read in the session's, and what is no number is null or an error.
MEANING = ("spark.sql.session.timeZone", "spark.sql.ansi.enabled", "spark.sql.legacy.timeParserPolicy")


def session(settings: Settings) -> SparkSession:
    """The session of this process, built on first use with the sizes of the settings.

    Raises:
        SettingsError: the settings would change what the same rows mean.
    """
    if changed := sorted({*settings.spark.conf} & {*MEANING}):
        raise SettingsError(f"spark.conf: {', '.join(changed)} cannot be set: the same deliveries would give other rows")
    os.environ.setdefault("SPARK_VERSION", "3.5")  # pydeequ reads it at import
    os.environ["JAVA_HOME"] = str(java_home())
    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.appName(f"headwater {settings.tenant.name}")
    for key, value in CONF.items():
        builder = builder.config(key, value)
    jars = [str(path) for path in jar_paths()]
    sizes = {
        "spark.master": settings.spark.master,
        "spark.driver.memory": settings.spark.driver_memory,
        "spark.sql.shuffle.partitions": str(settings.spark.shuffle_partitions),
        "spark.jars": ",".join(jars),
        "spark.driver.extraClassPath": os.pathsep.join(jars),
    }
    for key, value in {**sizes, **_catalog(settings.catalog), **settings.spark.conf}.items():
        builder = builder.config(key, value)
    spark: SparkSession = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def _catalog(catalog: Catalog) -> dict[str, str]:
    """What has Spark keep the names of tables in a Hive catalog; nothing when there is none."""
    if catalog.kind == "none":
        return {}
    place = absolute(catalog.path)
    own = {"spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={place / 'metastore'};create=true"}
    kept = {"spark.hadoop.hive.metastore.uris": catalog.uri} if catalog.uri else own
    return {"spark.sql.catalogImplementation": "hive", "spark.sql.warehouse.dir": str(place / "warehouse"), **kept}
