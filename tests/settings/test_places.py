"""Places are folders of this machine: a URL is refused, and not written to as a folder of that
name.
"""

from pathlib import Path

import pytest

from settings.errors import SettingsError
from settings.model import load_settings
from settings.places import absolute
from tests.shops import TENANT


@pytest.mark.parametrize(
    "key",
    [
        "paths.landing",
        "paths.lake",
        "paths.work",
        "paths.report",
        "paths.models",
        "lineage.path",
        "catalog.path",
    ],
)
@pytest.mark.parametrize("url", ["s3a://bucket/shop", "file:///data/shop", "hdfs:/shop"])
def test_a_url_as_a_path_is_refused_by_its_key(
    monkeypatch: pytest.MonkeyPatch, key: str, url: str
) -> None:
    monkeypatch.setenv(f"HEADWATER_{key.upper().replace('.', '__')}", url)
    with pytest.raises(
        SettingsError,
        match=rf"{key}: .*{url} is a URL, and tables and files are kept in folders only: name a path",
    ):
        load_settings(TENANT)


def test_a_url_as_home_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_HOME", "s3a://bucket/home")
    with pytest.raises(SettingsError, match="HEADWATER_HOME: s3a://bucket/home is a URL"):
        absolute(Path("data/lake"))


def test_a_path_with_a_colon_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_PATHS__LANDING", "/mnt/shop:new/landing")
    assert load_settings(TENANT).paths.landing == Path("/mnt/shop:new/landing")
