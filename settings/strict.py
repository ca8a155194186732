"""What settings models share: unknown keys are refused, and a folder is no URL."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from settings.places import URL


class Strict(BaseModel):
    """A settings model that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def no_url(value: object) -> object:
    """Return what names a folder of this machine.

    Raises:
        ValueError: it is a URL, which would become a folder of that name.
    """
    if URL.match(str(value)):
        raise ValueError(
            f"{value} is a URL, and tables and files are kept in folders only: name a path, such as"
            " one of a mounted storage"
        )
    return value


Folder = Annotated[Path, BeforeValidator(no_url)]
