"""Settings under the names of the version before."""

from pathlib import Path

import pytest

from settings import old_names
from settings.errors import SettingsError
from settings.model import load_settings
from settings.old_names import present_variable, with_present_keys

ACTUAL = old_names.SETTINGS
RENAMED = {
    "quality.stop": "anomalies.backfill",
    "learning": "training",
    "tenant.sources.*.dir": "tenant.sources.*.folder",
}


@pytest.fixture(autouse=True)
def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old_names, "SETTINGS", RENAMED)
    old_names.notice.cache_clear()


def test_an_old_key_is_read_as_the_new_one_and_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(2):
        values = {
            "quality": {"stop": "warn"},
            "learning": {"windows": 6},
            "tenant": {"sources": {"orders": {"dir": "o"}, "customers": {"folder": "c"}}},
        }
        assert with_present_keys(values, "base.yml") == {
            "anomalies": {"backfill": "warn"},
            "training": {"windows": 6},
            "tenant": {"sources": {"orders": {"folder": "o"}, "customers": {"folder": "c"}}},
        }
    message = (
        "headwater: the setting {} is called {} now; the old name works until the next version"
    )
    assert capsys.readouterr().err.splitlines() == [
        message.format("quality.stop", "anomalies.backfill"),
        message.format("learning", "training"),
        message.format("tenant.sources.orders.dir", "tenant.sources.orders.folder"),
    ]


def test_a_place_has_a_setting_under_one_name() -> None:
    both = {"quality": {"stop": "warn"}, "anomalies": {"backfill": "error"}}
    words = r"^base.yml: quality.stop is the old name of anomalies.backfill, which is there too"
    with pytest.raises(SettingsError, match=words):
        with_present_keys(both, "base.yml")


def test_a_variable_has_the_name_of_its_setting() -> None:
    assert (
        present_variable("HEADWATER_QUALITY__STOP", "HEADWATER_") == "HEADWATER_ANOMALIES__BACKFILL"
    )
    old, new = (f"headwater_tenant__sources__big_shop__{end}" for end in ("dir", "folder"))
    assert present_variable(old, "HEADWATER_") == new
    assert present_variable("HEADWATER_SEED", "HEADWATER_") == "HEADWATER_SEED"


def test_a_tenants_file_and_a_variable_of_the_version_before_are_read(
    conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = conf / "tenants" / "complete_journey.yml"
    file.write_text(file.read_text().replace("  orders:\n", "  orders:\n    dir: lines\n"))
    monkeypatch.setenv("HEADWATER_QUALITY__STOP", "error")
    settings = load_settings("complete_journey")
    assert settings.tenant.sources["orders"].folder == "lines"
    assert settings.anomalies.backfill == "error"


def test_the_setting_of_the_anomaly_check_is_read_under_its_old_name(
    conf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(old_names, "SETTINGS", ACTUAL)
    monkeypatch.setenv("HEADWATER_GATE__BACKFILL", "error")
    assert load_settings("complete_journey").anomalies.backfill == "error"
    assert "HEADWATER_GATE__BACKFILL is called HEADWATER_ANOMALIES__BACKFILL now" in (
        capsys.readouterr().err
    )
