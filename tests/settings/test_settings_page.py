"""docs/settings.md says what the models say: every setting once, by the variable that overrides it,
and what it reaches.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from settings.model import Settings
from settings.page import MARK, PAGE, READERS, with_table
from settings.places import ROOT
from settings.reading import Variables, settings_of


def test_the_table_is_that_of_the_models() -> None:
    page = (ROOT / PAGE).read_text()
    assert page == with_table(page), f"{PAGE} is not up to date: run `make docs`"


def test_the_table_replaces_what_stands_after_the_mark() -> None:
    assert with_table(f"# A\n{MARK}old").startswith(f"# A\n{MARK}\n| setting | variable |")
    with pytest.raises(ValueError, match="has lost the line"):
        with_table("# A\n")


def test_what_a_setting_reaches_is_said_of_settings_that_exist() -> None:
    keys = {
        ".".join(keys[:length])
        for keys, _ in settings_of(Settings)
        for length in range(len(keys) + 1)
    }
    assert {*READERS} - keys == set()


def test_each_variable_of_the_page_reaches_its_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = re.findall(r"^\| `([a-z_.]+)` \| `(HEADWATER_\w+)`", (ROOT / PAGE).read_text(), re.M)
    assert len(listed) > 50
    for key, variable in listed:
        with monkeypatch.context() as alone:
            alone.setenv(variable, "null")
            read: dict[str, Any] = {"": Variables(Settings)()}
            for part in ("", *key.split(".")):
                assert {*read} == {part}
                read = read[part]
            assert read is None
