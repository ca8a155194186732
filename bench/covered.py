"""Which files of the business logic run too little in the tests: read from what `pytest --cov` has
counted, Spark's workers included.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LEAST_PERCENT = 95.0  # of the lines of each file
REPORT = Path(".cache/coverage.json")


def main() -> int:
    """Print each file below the limit with its lines that no test runs; 1 if there is one, or if
    nothing was counted.
    """
    done = subprocess.run(
        [sys.executable, "-m", "coverage", "json", "-q", "-o", str(REPORT)], check=False
    )
    if done.returncode != 0:
        print("no lines were counted: run `make test` first")
        return 1
    measured = json.loads(REPORT.read_text())
    low = lacking(measured)
    for sentence in low:
        print(sentence)
    files, total = measured["files"], measured["totals"]
    print(
        f"{total['percent_covered']:.1f} % of the {total['num_statements']} lines of {len(files)}"
        " files are run by tests",
        end="; ",
    )
    print(f"{len(low)} files lie below {LEAST_PERCENT:g} %")
    return 1 if low or not files else 0


def lacking(measured: dict[str, Any]) -> list[str]:
    """A sentence per file of which fewer lines run than the limit asks for."""
    messages = []
    for name, file in sorted(measured["files"].items()):
        percent = file["summary"]["percent_covered"]
        if percent < LEAST_PERCENT:
            messages.append(
                f"{name}: {percent:.1f} %; no test runs the lines"
                f" {', '.join(map(str, file['missing_lines']))}"
            )
    return messages


if __name__ == "__main__":
    sys.exit(main())
