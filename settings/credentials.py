"""Credentials: named in the settings, kept in the environment or in a mounted file, and never
said.
"""

import os
from pathlib import Path
from typing import Self
from urllib.parse import quote

from pydantic import Field, model_validator

from settings.errors import UserError
from settings.strict import Strict

HIDDEN = "***"


class CredentialError(UserError):
    """A credential is not where the settings say; the message names the place, never the
    credential.
    """


class Secret(Strict):
    """Where a credential is: an environment variable, or a file that is mounted for the purpose."""

    env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    file: Path | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise ValueError(
                "a credential is in one place: env: NAME_OF_A_VARIABLE or file: /path/of/a/file"
            )
        if self.env and self.env.startswith("HEADWATER_"):
            raise ValueError(
                "variables that begin with HEADWATER_ are settings; give the credential another"
                " name"
            )
        if self.file and not self.file.is_absolute():
            raise ValueError(
                "the file of a credential is named by its absolute path, outside of the repository"
            )
        return self

    def __str__(self) -> str:
        """The place, for messages."""
        return f"environment variable {self.env}" if self.env else f"file {self.file}"

    def read(self) -> str:
        """The credential itself, without the line end of a file.

        Raises:
            CredentialError: the variable is not set, the file cannot be read, or there is nothing
                in it.
        """
        try:
            value = (
                os.environ.get(self.env, "")
                if self.env
                else (self.file or Path()).read_text().rstrip("\r\n")
            )
        except (OSError, UnicodeError) as error:
            raise CredentialError(
                f"the {self} cannot be read ({type(error).__name__}). Mount it, readable by this"
                " user"
            ) from None
        if not value:
            raise CredentialError(
                f"the {self} is {'not set' if self.env else 'empty'}. Put the credential there and"
                " run again"
            )
        return value


def without(text: str, *secrets: str) -> str:
    """The text with every secret, also as URLs write it, hidden."""
    for secret in sorted(
        {*secrets, *(quote(s, safe="") for s in secrets)} - {""}, key=len, reverse=True
    ):
        text = text.replace(secret, HIDDEN)
    return text
