"""The only place that builds a Spark session."""

import os
import sys
import time
from weakref import WeakKeyDictionary

from py4j.protocol import Py4JJavaError  # type: ignore[import-untyped]
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

from lakehouse.base import class_archive
from lakehouse.base.java import jar_paths, java_home
from lakehouse.base.submitter import decided, is_local, is_submitted, sentence
from settings.errors import SettingsError
from settings.model import Catalog, Settings
from settings.places import absolute

# 2 snapshot partitions: Delta replays its log with this many tasks; the default of 50 tiny ones
# costs seconds per operation.
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
    "spark.log.level": "ERROR",
    # Every Python worker imports pandas once; keeping it saves seconds per scoring task.
    "spark.python.worker.reuse": "true",
}


# Rows depend on these: a text without a zone is read in the session's, and what is no number is
# null or an error.
MEANING = (
    "spark.sql.session.timeZone",
    "spark.sql.ansi.enabled",
    "spark.sql.legacy.timeParserPolicy",
)
DELTA = ("spark.sql.extensions", "spark.sql.catalog.spark_catalog")
# A task that fails is told by the error of the action that asked for it; these print the page of
# Java once more.
TOLD_TWICE = ("org.apache.spark.executor.Executor", "org.apache.spark.scheduler.TaskSetManager")
# a cluster's first executor of ours, on a busy machine; without one no run can do anything
CORES_SECONDS = 30.0

# For plans of few rows. One task is enough for them, so that nothing is shuffled for others; a plan
# that adapts while it runs is a job per exchange; and to compile a plan costs more than it saves.
FEW_ROWS = {
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.leafNodeDefaultParallelism": "1",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "10000",
}
_FOR_FEW_ROWS: WeakKeyDictionary[SparkSession, SparkSession] = WeakKeyDictionary()


def session(settings: Settings) -> SparkSession:
    """The session of this process, built on first use: where and how large the submitter says, else
    the settings.

    Raises:
        SettingsError: the settings or the submitter would change what the same rows mean.
    """
    if changed := sorted({*settings.spark.conf} & {*MEANING, *DELTA}):
        raise SettingsError(
            f"spark.conf: {', '.join(changed)} cannot be set: the same deliveries would give other"
            " rows"
        )
    os.environ.setdefault("SPARK_VERSION", "3.5")  # pydeequ reads it at import
    is_first = SparkContext._active_spark_context is None
    given = _given() if is_submitted() else {}
    _name_the_programs()
    builder = SparkSession.builder
    for key, value in decided(
        _ours(settings),
        {key: CONF[key] for key in (*MEANING, *DELTA)} | _catalog(settings.catalog),
        given,
    ).items():
        builder = builder.config(key, value)
    spark: SparkSession = builder.getOrCreate()
    spark.sparkContext.setLogLevel(str(spark.conf.get("spark.log.level")))
    _silence(spark, *TOLD_TWICE)
    if is_first:
        print(
            sentence(
                dict(spark.sparkContext.getConf().getAll()), _cores(spark), submitted=bool(given)
            ),
            file=sys.stderr,
            flush=True,
        )
    return spark


def _silence(spark: SparkSession, *loggers: str) -> None:
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    log4j = jvm.org.apache.logging.log4j
    for name in loggers:
        log4j.core.config.Configurator.setLevel(name, log4j.Level.OFF)


def _given() -> dict[str, str]:
    """What the submitter said, by options, --conf and its file of defaults: spark-submit hands it
    on as properties of the JVM.
    """
    SparkContext._ensure_initialized()
    given = dict(SparkConf(_jvm=SparkContext._jvm).getAll())
    if not is_local(given["spark.master"]):
        _refuse_without_delta()
    return given


def _refuse_without_delta() -> None:
    """A local master's own executor adds `spark.jars` to the JVM; the driver of a cluster has only
    what it was started with.
    """
    assert SparkContext._jvm is not None
    try:
        SparkContext._jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(
            CONF["spark.sql.extensions"]
        )
    except Py4JJavaError:
        jars = os.pathsep.join(str(path) for path in jar_paths())
        raise SettingsError(
            "spark-submit: Delta is not on the class path of the driver: add --driver-class-path"
            f" {jars}"
        ) from None


def _name_the_programs() -> None:
    """Which Java and Python Spark starts: ours, but where a submitter has started a JVM and named
    the Python of the nodes.
    """
    if is_submitted():
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    else:
        os.environ["JAVA_HOME"] = str(java_home())
        os.environ["PYSPARK_PYTHON"] = sys.executable


def _ours(settings: Settings) -> dict[str, str]:
    """What we would have, were there no submitter."""
    jars = [str(path) for path in jar_paths()]
    return {
        "spark.app.name": f"headwater {settings.tenant.name}",
        **CONF,
        "spark.master": settings.spark.master,
        "spark.driver.memory": settings.spark.driver_memory,
        "spark.sql.shuffle.partitions": str(settings.spark.shuffle_partitions),
        "spark.jars": ",".join(jars),
        "spark.driver.extraClassPath": os.pathsep.join(jars),
        # The archive of classes; extraJavaOptions stay free for those of the settings.
        **(
            {"spark.driver.defaultJavaOptions": archive}
            if (archive := class_archive.options())
            else {}
        ),
        **settings.spark.conf,
    }


def _cores(spark: SparkSession) -> int:
    """Cores that can compute, as soon as there are any: a cluster's executors come seconds after
    the session, or not at all.
    """
    store = spark.sparkContext._jsc.sc().statusStore()
    deadline = time.monotonic() + CORES_SECONDS
    while True:
        executors = store.executorList(True)
        cores = sum(int(executors.apply(n).totalCores()) for n in range(executors.size()))
        if cores or time.monotonic() > deadline:
            return cores
        time.sleep(0.1)


def end_session() -> None:
    """End the session of this process, if there is one."""
    if SparkContext._active_spark_context is not None:
        SparkSession.builder.getOrCreate().stop()


def session_for_few_rows(spark: SparkSession) -> SparkSession:
    """The session that plans for few rows, of the same Spark context; made once per process."""
    if is_for_few_rows(spark):
        return spark
    if spark not in _FOR_FEW_ROWS:
        made = spark.newSession()
        for key, value in FEW_ROWS.items():
            made.conf.set(key, value)
        _FOR_FEW_ROWS.setdefault(spark, made)
    return _FOR_FEW_ROWS[spark]


def session_for_many_rows(spark: SparkSession) -> SparkSession:
    """The session of the process, also where it is asked for by that for few rows."""
    return next((many for many, few in _FOR_FEW_ROWS.items() if few is spark), spark)


def is_for_few_rows(spark: SparkSession) -> bool:
    """Whether a session is one of those that plan for few rows."""
    return any(spark is session for session in _FOR_FEW_ROWS.values())


def active_in_this_thread(spark: SparkSession) -> None:
    """Have the session's settings hold for what this thread makes, casts and parsed expressions
    included.

    Spark 3.5 asks the JVM thread's own active session when it makes them, and each Python thread
    has a JVM thread of its own, in which none is active: there ANSI is off, whatever the session
    says. `SparkSession.createDataFrame` sets it the same way.
    """
    jvm = spark.sparkContext._jvm
    assert jvm is not None
    jvm.SparkSession.setActiveSession(spark._jsparkSession)


def _catalog(catalog: Catalog) -> dict[str, str]:
    """What has Spark keep the names of tables in a Hive catalog; nothing when there is none."""
    if catalog.kind == "none":
        return {}
    place = absolute(catalog.path)
    own = {
        "spark.hadoop.javax.jdo.option.ConnectionURL": (
            f"jdbc:derby:;databaseName={place / 'metastore'};create=true"
        )
    }
    kept = {"spark.hadoop.hive.metastore.uris": catalog.uri} if catalog.uri else own
    return {
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(place / "warehouse"),
        **kept,
    }
