"""Names that tables and columns had in the version before: who asks for one gets what it is called
now, with a notice on standard error. The step that renames them in a lake is another thing
(`lakehouse/store/migration/`).
"""

from collections.abc import Container

from settings.old_names import notice

TABLES = {"ops_acceptances": "ops_waivers"}
COLUMNS = {"accepted_by": "waived_by", "accepted_at": "waived_at"}


def present_table(name: str, there: Container[str]) -> str:
    """What a table is called now; the name itself while one of this name is there."""
    return _present("table", TABLES, name, there)


def present_column(name: str, there: Container[str]) -> str:
    """What a column is called now; the name itself while one of this name is there."""
    return _present("column", COLUMNS, name, there)


def _present(kind: str, renamed: dict[str, str], name: str, there: Container[str]) -> str:
    if name in there or renamed.get(name) not in there:
        return name
    notice(kind, name, renamed[name])
    return renamed[name]
