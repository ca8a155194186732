"""The folders that configuration and data are in.

It needs the standard library only: set-up uses it before anything is installed.
"""

import os
import re
from pathlib import Path

from settings.errors import SettingsError

# What holds conf/: the checkout, to whose conf/ a link beside this file points, or the installed
# package, which has it here.
ROOT = (Path(__file__).parent / "conf").resolve().parent
# Else this is an installed package, which holds conf/ and takes no data.
IS_CHECKOUT = (ROOT / "setup.cfg").is_file()
PREFIX = "HEADWATER_"  # of our environment variables
ENVIRONMENT_AT = "HEADWATER_ENVIRONMENT"
CONF_AT = "HEADWATER_CONF"
HOME_AT = "HEADWATER_HOME"
TENANT_AT = "HEADWATER_TENANT"
JARS_AT = "HEADWATER_JARS"
VARIABLES = {  # that are no settings, and what each is
    ENVIRONMENT_AT: "The file of conf/environments/ that is read, `laptop` by default",
    CONF_AT: "The folder of these files, by default conf/ of the checkout or the installed package",
    HOME_AT: (
        "The folder in which relative paths begin, by default the checkout; for an installed"
        " package the current folder"
    ),
    TENANT_AT: "The tenant of a command without --tenant",
    JARS_AT: (
        "The folder with the jars that Spark lacks, for an installed package; a checkout has them"
        " in .cache/jars"
    ),
}
URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:/")


def conf_folder() -> Path:
    """HEADWATER_CONF, or conf/ of the checkout or of the installed package."""
    return Path(os.environ.get(CONF_AT) or ROOT / "conf")


def own_conf_folder() -> Path:
    """The same, to write into.

    Raises:
        SettingsError: it is the installed package's, which the next installation replaces.
    """
    if not IS_CHECKOUT and not os.environ.get(CONF_AT):
        raise SettingsError(
            f"{conf_folder()} belongs to the installed package: copy it to a folder of yours and"
            f" name that in {CONF_AT}"
        )
    return conf_folder()


def tenant_names() -> list[str]:
    """The file names in conf/tenants/, sorted."""
    return sorted(path.stem for path in (conf_folder() / "tenants").glob("*.yml"))


def home() -> Path:
    """Where relative paths begin: HEADWATER_HOME, else the checkout, else the current folder.

    Raises:
        SettingsError: HEADWATER_HOME is a URL.
    """
    named = os.environ.get(HOME_AT)
    if named and URL.match(named):
        raise SettingsError(
            f"{HOME_AT}: {named} is a URL, and tables and files are kept in folders only: name a"
            " path"
        )
    return Path(named) if named else ROOT if IS_CHECKOUT else Path.cwd()


def absolute(path: Path) -> Path:
    """The path itself when absolute, else under `home`."""
    return path if path.is_absolute() else home() / path
