"""`python -m headwater.operate.class_loading`: what every run has Spark do, on a few rows, so that
its classes can be archived.
"""

import tempfile
from pathlib import Path

from headwater.operate.probes import arrow, deequ, delta_table, spark_session
from headwater.operate.trial import Bench

TRIALS = (spark_session, delta_table, deequ, arrow)


def main() -> None:
    """The doctor's trials of Spark, then the end of the JVM, which writes the archive if it was
    asked to: that takes it some seconds.
    """
    with tempfile.TemporaryDirectory(prefix="headwater-classes-") as folder:
        bench = Bench(Path(folder), Path(folder) / "log")
        for trial in TRIALS:
            trial(bench)
        gateway = bench.spark.sparkContext._gateway
        assert gateway is not None
        bench.spark.stop()
        gateway.proc.stdin.close()  # what a JVM of pyspark ends at
        gateway.proc.wait()


if __name__ == "__main__":
    main()
