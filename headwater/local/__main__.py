"""`python -m headwater.local ARGUMENT...` is the airflow command of this repository's home; `up`
and `down` start and stop its server.
"""

import os
import sys
from urllib.parse import urlsplit

from headwater.local.client import ApiError
from headwater.local.environment import AIRFLOW_BIN, environment
from headwater.local.server import ServerError, address, down, prepare, up
from settings.errors import SettingsError
from settings.model import load_shared


def main(arguments: list[str]) -> int:
    """Runs one command; every other than up and down replaces this process by airflow's."""
    try:
        if arguments == ["up"]:
            print(f"Airflow is at {up()}")
            return 0
        if arguments == ["down"]:
            print(f"{down()} processes ended")
            return 0
        prepare()
        settings = load_shared().airflow
        port = urlsplit(address() or "").port or settings.server.port
        program = str(AIRFLOW_BIN / "airflow")
        os.execve(program, [program, *arguments], environment(settings, port))  # noqa: S606 (no shell wanted)
    except (ServerError, SettingsError, ApiError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
