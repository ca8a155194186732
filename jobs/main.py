"""What spark-submit runs: `jobs/main.py run STAGE... --tenant T --start DATE --end DATE`, the same function as the `headwater` command."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jobs.cli import main

if __name__ == "__main__":
    main()
