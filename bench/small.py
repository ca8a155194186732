"""Settings for a process that runs a small shop and ends: nothing is compiled that runs once or
twice.
"""

import json

# To compile a plan costs more than a few rows save: the four laws of
# tests/lakehouse/build/test_laws.py took 134 s so, and 169 s compiled.
INTERPRETED = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}
# Of a week of 30 customers, ingest and silver in a new process: 44 s with both, 55 s with this
# alone, 60 s with neither. The JVM reserves a fifth of its usual code cache for the first compiler
# alone, which Spark fills in half a minute.
FIRST_COMPILER = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"

SMALL = {
    "HEADWATER_SPARK__DRIVER_MEMORY": "1g",
    "HEADWATER_SPARK__SHUFFLE_PARTITIONS": "2",
    "HEADWATER_SPARK__CONF": json.dumps(
        {**INTERPRETED, "spark.driver.extraJavaOptions": FIRST_COMPILER}
    ),
}
