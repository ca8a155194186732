"""Every module of a package is imported, whoever else knows of it."""

from pathlib import Path

import pytest

from lakehouse.base.modules import modules_of


def test_modules_come_in_the_order_of_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "walked_package"
    folder.mkdir()
    for name, value in (("__init__", 0), ("second", 2), ("first", 1)):
        (folder / f"{name}.py").write_text(f"VALUE = {value}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert [module.VALUE for module in modules_of("walked_package")] == [1, 2]
