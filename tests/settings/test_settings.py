"""What conf/ says is read as it stands, or refused by file, line and key."""

from __future__ import annotations

import shutil
from datetime import time
from pathlib import Path

import pytest

from features.declaring import declared_labels
from lakehouse.contract import columns
from models.kinds import churn
from settings.errors import SettingsError
from settings.model import LABEL_DAYS, load_settings, load_shared
from settings.places import ROOT
from settings.yaml_files import YamlError, mapping_of, value_of

SHOP = """zone: UTC
currency: EUR
first_day: 2020-03-01
sources:
  orders:
    format: csv
    delivery: daily
    columns: [who, number, day, paid]
    event_date: order_date
    mapping:
      customer_id: who
      order_id: number
      line_id: number
      order_date: day
      amount: paid
"""


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    return tmp_path / "conf"


def refused(conf: Path, content: str | bytes) -> str:
    """What is said of the tenant `shop` whose file has the content."""
    (conf / "tenants/shop.yml").write_bytes(
        content if isinstance(content, bytes) else content.encode()
    )
    with pytest.raises(SettingsError) as caught:
        load_settings("shop", conf)
    return str(caught.value)


def test_a_key_twice_is_refused_with_file_line_and_key(conf: Path) -> None:
    file = conf / "tenants/shop.yml"
    assert (
        refused(conf, SHOP + "currency: USD\n")
        == f"{file}, line 16: the key currency stands twice, first in line 2; leave one of them"
    )
    # nested, in a mapping of one line, and a source that was copied and not renamed
    assert "line 12: the key customer_id" in refused(
        conf, SHOP.replace("      order_id: number", "      customer_id: number")
    )
    assert "line 16: the key by stands twice" in refused(
        conf, SHOP + "    promise: {by: '18:00', by: '19:00'}\n"
    )
    assert "line 16: the key orders stands twice, first in line 5" in refused(
        conf, SHOP + "  orders: {}\n"
    )


@pytest.mark.parametrize("name", ["base.yml", "environments/laptop.yml"])
def test_every_file_of_a_run_is_read_so(conf: Path, name: str) -> None:
    (conf / name).write_text("owner: us\nseed: 0\nowner: them\n")
    with pytest.raises(
        SettingsError, match=rf"{name}, line 3: the key owner stands twice, first in line 1"
    ):
        load_settings("complete_journey", conf)


def test_a_value_of_the_environment_is_read_so(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "HEADWATER_SPARK__CONF", "{spark.ui.enabled: 'true', spark.ui.enabled: 'false'}"
    )
    with pytest.raises(
        SettingsError,
        match=r"HEADWATER_SPARK__CONF, line 1: the key spark\.ui\.enabled stands twice",
    ):
        load_settings("complete_journey", conf)
    monkeypatch.setenv("HEADWATER_SPARK__CONF", "{unclosed")
    with pytest.raises(SettingsError, match="HEADWATER_SPARK__CONF is not YAML"):
        load_settings("complete_journey", conf)


def test_the_dictionary_of_columns_is_read_so(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = 'amount: ["decimal(18,4)", currency, none, Twice.]\n'
    (conf / "columns.yml").write_text(entry * 2)
    monkeypatch.setattr(columns, "ROOT", conf.parent)
    with pytest.raises(
        YamlError, match=r"columns\.yml, line 2: the key amount stands twice, first in line 1"
    ):
        columns.dictionary.__wrapped__()


def test_the_settings_of_airflow_are_read_so(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_CONF", str(conf))
    monkeypatch.setenv("HEADWATER_AIRFLOW__SERVER", "{port: 1, port: 2}")
    with pytest.raises(
        SettingsError, match=r"^HEADWATER_AIRFLOW__SERVER, line 1: the key port stands twice"
    ):
        load_shared()
    (conf / "airflow.yml").write_text("pool: {name: a}\npool: {name: b}\n")
    with pytest.raises(SettingsError, match=r"^\S+airflow\.yml, line 2: the key pool stands twice"):
        load_shared()


def test_merged_keys_may_be_said_anew_and_anchors_hold() -> None:
    text = "base: &base {a: 1, b: 2}\nfirst: &first {<<: *base, b: 3}\nsecond: {<<: [*first, *base], c: 4}\nagain: *first\n"
    first = {"a": 1, "b": 3}
    assert value_of(text, "here") == {
        "base": {"a": 1, "b": 2},
        "first": first,
        "second": {**first, "c": 4},
        "again": first,
    }
    with pytest.raises(YamlError, match="here, line 1: the key b stands twice"):
        value_of("{<<: {a: 1}, b: 1, b: 2}", "here")
    # a number and a text of the same digits are two keys; keys of different mappings have nothing
    # to do with each other
    assert value_of("{1: a, '1': b, c: {1: d}}", "here") == {1: "a", "1": "b", "c": {1: "d"}}


def test_what_is_no_mapping_no_utf8_or_no_day_is_said_with_its_file_and_key(conf: Path) -> None:
    file = str(conf / "tenants/shop.yml")
    assert (
        refused(conf, "- a\n")
        == f"{file}: expected keys and values (key: value), found list: ['a']"
    )
    assert (
        refused(conf, "hello\n")
        == f"{file}: expected keys and values (key: value), found str: hello"
    )
    assert refused(conf, "# shop\nzone: UTC # M\xfcnchen\n".encode("latin1")).startswith(
        f"{file}, line 2: a byte that is not UTF-8"
    )
    assert refused(conf, SHOP.replace("2020-03-01", "2023-02-29")).startswith(
        f"{file}: first_day: "
    )
    assert refused(conf, "zone: [\n").startswith(f"{file} is not YAML")


def test_a_time_without_quotes_is_a_time_of_the_day(conf: Path) -> None:
    (conf / "tenants/shop.yml").write_text(SHOP + "    promise: {by: 18:00}\n")
    assert load_settings("shop", conf).tenant.sources["orders"].promise.by == time(18)
    assert value_of("[18, 0x10, 1.5, 1:30.5, 2020-03-01T10:00:00Z]", "here")[:4] == [
        18,
        16,
        1.5,
        "1:30.5",
    ]


def test_an_empty_file_has_no_keys(tmp_path: Path) -> None:
    (tmp_path / "empty.yml").write_text("# nothing yet\n")
    assert mapping_of(tmp_path / "empty.yml") == {}


def test_the_tenant_may_be_named_beside_the_settings(
    conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_TENANT", "ta_feng")  # for the command line; no setting
    monkeypatch.setenv("HEADWATER_TENANT__CURRENCY", "EUR")  # a setting
    assert load_settings("complete_journey", conf).tenant.currency == "EUR"


@pytest.mark.parametrize("days", [1, 14, 28, 30, 56])
def test_steps_of_windows_that_divide_a_label_or_are_longer_are_taken(
    days: int, conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEADWATER_TRAINING__WINDOW_DAYS", str(days))
    assert load_settings("ta_feng", conf).training.window_days == days


def test_a_step_that_moves_the_windows_of_churn_is_refused(
    conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two steps of 20 days are 12 more than a label."""
    monkeypatch.setenv("HEADWATER_TRAINING__WINDOW_DAYS", "20")
    with pytest.raises(SettingsError) as error:
        load_settings("ta_feng", conf)
    assert (
        "20 days do not divide the 28 days of a label, so models would learn from windows that end"
        " 12 days too early: choose 1, 2, 4, 7, 14, or 28 and more" in str(error.value)
    )
    assert "HEADWATER_TRAINING__WINDOW_DAYS" in str(error.value)
    assert declared_labels()[churn.KIND.label].days == LABEL_DAYS
