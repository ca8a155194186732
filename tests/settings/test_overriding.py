"""One rule of override for every setting: a variable before the tenant's or the environment's file,
these before base and airflow.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from settings.errors import SettingsError
from settings.model import Settings, load_settings, load_shared
from settings.schedules import load_schedules

FILES = {
    "base": "base.yml",
    "airflow": "airflow.yml",
    "environment": "environments/laptop.yml",
    "tenant": "tenants/ta_feng.yml",
}


def put(conf: Path, name: str, old: str, new: str) -> None:
    path = conf / FILES[name]
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def read() -> Settings:
    return load_settings("ta_feng")


def refusal() -> str:
    with pytest.raises(SettingsError) as caught:
        read()
    return str(caught.value)


def test_the_first_place_that_has_a_key_decides_it(
    conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(conf, "base", "owner: data-engineering", "owner: base")
    put(conf, "base", "threads: 2", "threads: 2")
    put(
        conf,
        "environment",
        "{}",
        "owner: environment\nthreads: 3\nairflow: {retries: 3, server: {port: 1}}",
    )
    put(conf, "airflow", "retries: 1", "retries: 2")
    monkeypatch.setenv("HEADWATER_THREADS", "4")
    monkeypatch.setenv("HEADWATER_AIRFLOW__SERVER__PORT", "2")
    monkeypatch.setenv("HEADWATER_TENANT__CURRENCY", "EUR")
    # setting       base or airflow.yml   environment or tenant   variable
    # owner         base                  environment
    # threads       2                     3                       4
    # retries       2                     3
    # port          8085                  1                       2
    # parallelism   2
    # currency                            TWD                     EUR
    settings = read()
    assert (settings.owner, settings.threads, settings.tenant.currency) == ("environment", 4, "EUR")
    airflow = settings.airflow
    assert airflow is not None
    assert (airflow.retries, airflow.server.port, airflow.server.parallelism) == (3, 2, 2)


def test_a_run_needs_no_airflow_and_dags_do(conf: Path) -> None:
    (conf / "airflow.yml").unlink()
    assert read().airflow is None
    with pytest.raises(SettingsError, match=r"airflow\.yml"):
        load_shared()


def test_both_environments_read_the_same(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run reads all of it, a DAG what tenants share and a schedule: each from the same places."""
    put(conf, "environment", "{}", "spark: {driver_memory: 3g}")
    monkeypatch.setenv("HEADWATER_OWNER", "us")
    monkeypatch.setenv("HEADWATER_TENANT__FIRST_DAY", "2001-01-15")
    shared, settings = load_shared(), read()
    assert shared.model_dump() == settings.model_dump(exclude={"tenant"})
    assert (shared.owner, shared.spark.driver_memory) == ("us", "3g")
    schedule = load_schedules()[-1]
    assert schedule.model_dump() == settings.tenant.model_dump(include={*schedule.model_dump()})
    assert schedule.first_day == date(2001, 1, 15)


def test_mappings_are_merged_key_by_key_and_lists_replaced(
    conf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(conf, "base", "  conf: {}", "  conf: {spark.a: base, spark.b: base}")
    monkeypatch.setenv("HEADWATER_SPARK__CONF", "{spark.b: variable, spark.c: variable}")
    monkeypatch.setenv("HEADWATER_TENANT__EXCLUDED_DEPARTMENTS", "[FUEL]")
    monkeypatch.setenv("HEADWATER_TENANT__SOURCES__PRODUCTS__DELIVERY", "occasional")
    settings = read()
    assert settings.spark.conf == {"spark.a": "base", "spark.b": "variable", "spark.c": "variable"}
    assert settings.tenant.excluded_departments == ["FUEL"]
    sources = settings.tenant.sources
    assert (sources["products"].delivery, sources["customers"].delivery) == ("occasional", "daily")


def test_null_takes_a_value_away(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(conf, "base", "url: null", "url: http://localhost:5000")
    assert read().lineage.url == "http://localhost:5000"
    monkeypatch.setenv("HEADWATER_LINEAGE__URL", "null")
    monkeypatch.setenv("HEADWATER_TENANT__ACTIVE_UNTIL", "null")
    assert (read().lineage.url, read().tenant.active_until) == (None, None)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "HEADWATER_SPARK_DRIVER_MEMORY",
            "there is no such setting. Did you mean HEADWATER_SPARK__DRIVER_MEMORY?",
        ),
        ("HEADWATER_ENVIROMENT", "there is no such setting. Did you mean HEADWATER_ENVIRONMENT?"),
        ("HEADWATER_XYZ", "there is no such setting."),
        (
            "HEADWATER_SPARK__DRIVER_MEMRY",
            "spark.driver_memry: Extra inputs are not permitted. Did you mean driver_memory?",
        ),
        (
            "HEADWATER_AIRFLOW__SERVER__PRT",
            "airflow.server.prt: Extra inputs are not permitted. Did you mean port?",
        ),
        (
            "HEADWATER_TENANT__SOURCES__ORDERS__DELIVRY",
            "tenant.sources.orders.delivry: Extra inputs are not permitted. Did you mean delivery?",
        ),
    ],
)
def test_a_variable_that_is_no_setting_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, message: str
) -> None:
    monkeypatch.setenv(name, "1")
    assert refusal() == f"{name}: {message}"


def test_an_error_names_the_place_that_decided(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(conf, "environment", "{}", "threads: none")
    put(conf, "airflow", "retry_delay_seconds: 30", "")
    put(conf, "tenant", "currency: TWD", "curency: TWD")
    monkeypatch.setenv("HEADWATER_AIRFLOW__SERVER__PORT", "70000")
    monkeypatch.setenv("HEADWATER_SPARK", "{driver_memory: much}")
    assert sorted(refusal().splitlines()) == sorted(
        [
            f"{conf}/environments/laptop.yml: threads: Input should be a valid integer, unable to parse string as an integer",
            f"{conf}/airflow.yml: retry_delay_seconds: Field required",
            f"{conf}/tenants/ta_feng.yml: currency: Field required",
            f"{conf}/tenants/ta_feng.yml: curency: Extra inputs are not permitted. Did you mean currency?",
            "HEADWATER_AIRFLOW__SERVER__PORT: airflow.server.port: Input should be less than or equal to 65535",
            "HEADWATER_SPARK: spark.driver_memory: String should match pattern '^\\d+[mg]$'",
        ]
    )


def test_a_tenant_is_named_by_its_file_alone(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under another name it would write the lake of another tenant."""
    monkeypatch.setenv("HEADWATER_TENANT__NAME", "complete_journey")
    assert refusal().startswith("HEADWATER_TENANT__NAME: tenant.name is no setting")
    monkeypatch.delenv("HEADWATER_TENANT__NAME")
    put(conf, "tenant", "currency: TWD", "currency: TWD\nname: complete_journey")
    assert refusal().startswith(
        f"{conf}/tenants/ta_feng.yml: name is no setting: the name of the file names the tenant"
    )


def test_a_file_that_is_not_there_is_named(conf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_ENVIRONMENT", "laptp")
    assert refusal() == f"{conf}/environments/laptp.yml does not exist. Did you mean laptop?"
    with pytest.raises(
        SettingsError, match=r"tenants/ta_fng\.yml does not exist\. Did you mean ta_feng\?"
    ):
        load_settings("ta_fng")
