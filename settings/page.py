"""The table of docs/settings.md: every setting, its variable, file, value and what it reaches."""

import json
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from settings.model import Settings
from settings.places import ROOT, VARIABLES
from settings.reading import settings_of, variable_of
from settings.yaml_files import mapping_of

PAGE = Path("docs/settings.md")
MARK = "<!-- `make docs` writes what follows from the models in settings/: do not edit it. -->\n"
FILES = {"airflow": "airflow.yml", "tenant": "tenants/*.yml"}  # by first key; others: base.yml
# What reads a setting, by the longest beginning of its key.
READERS = {
    "": "runs",
    "owner": "runs, DAGs",
    "spark": "runs; what spark-submit names comes first",
    "spark.tables_at_once": "runs",
    "spark.master": "runs of `headwater`; spark-submit always names one",
    "spark.driver_memory": "runs of `headwater`; DAGs, where `airflow.sizes` names none",
    "tenant": "runs",
    "tenant.zone": "runs, DAGs",
    "tenant.first_day": "runs, DAGs",
    "tenant.active_until": "runs, DAGs",
    "airflow": "DAGs",
    "airflow.connection": "DAGs, `headwater up`",
    "airflow.pool": "DAGs, `headwater up`",
    "airflow.pool.slots": "`headwater up`",
    "airflow.applications": "DAGs, `headwater up`",
    "airflow.server": "`headwater up`, `headwater demo`",
}


def with_table(page: str) -> str:
    """Return the page with its table as the models say it now; what stands before the mark is kept.

    Raises:
        ValueError: the page has no mark, so there is no telling what to replace.
    """
    head, mark, _ = page.partition(MARK)
    if not mark:
        raise ValueError(f"{PAGE} has lost the line after which its table stands: {MARK.strip()}")
    return head + MARK + "\n" + "\n".join(_lines()) + "\n"


def write_table(path: Path) -> None:
    """Write the table of the page anew."""
    path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")


def _lines() -> list[str]:
    files = {name: mapping_of(ROOT / "conf" / name) for name in ("base.yml", "airflow.yml")}
    rows = [
        _row(keys, field, files)
        for keys, field in settings_of(Settings)
        if keys != ("tenant", "name")
    ]
    return [
        "| setting | variable | file of conf/ | value there | reaches |",
        "|---|---|---|---|---|",
        *rows,
        "",
        "These variables are no settings:",
        "",
        "| variable | names |",
        "|---|---|",
        *(f"| `{name}` | {meaning} |" for name, meaning in VARIABLES.items()),
    ]


def _row(keys: tuple[str, ...], field: FieldInfo, files: dict[str, dict[str, Any]]) -> str:
    file = FILES.get(keys[0], "base.yml")
    within = keys[1:] if keys[0] in FILES else keys
    value = _value_at(files.get(file, {}), within, field)
    return f"| `{'.'.join(keys)}` | `{variable_of(keys)}` | `{file}` | {value} | {_reader(keys)} |"


def _value_at(values: object, keys: tuple[str, ...], field: FieldInfo) -> str:
    """The value in the file, else the default, and nothing where each tenant must have its own."""
    for key in keys:
        values = (
            values.get(key, field.get_default(call_default_factory=True))
            if isinstance(values, dict)
            else None
        )
    if values in (None, "", PydanticUndefined):
        return ""
    return (
        f"`{json.dumps(values, default=str)}`" if isinstance(values, dict | list) else f"`{values}`"
    )


def _reader(keys: tuple[str, ...]) -> str:
    beginnings = (".".join(keys[:length]) for length in range(len(keys), -1, -1))
    return next(READERS[key] for key in beginnings if key in READERS)
