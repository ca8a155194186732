"""`python -m jobs.class_loading`: what every run has Spark do, on a few rows, so that its classes are loaded and can be archived."""

import tempfile
from pathlib import Path

from jobs.probes import Bench, arrow, deequ, delta_table, spark_session

TRIALS = (spark_session, delta_table, deequ, arrow)


def main() -> None:
    """The doctor's trials of Spark; the JVM ends with this process, and then writes the archive if it was asked to."""
    with tempfile.TemporaryDirectory(prefix="headwater-classes-") as folder:
        bench = Bench(Path(folder), Path(folder) / "log")
        for trial in TRIALS:
            trial(bench)
        bench.spark.stop()


if __name__ == "__main__":
    main()
