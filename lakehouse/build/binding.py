"""Adapts the contract of a table to a tenant: a rule or check is left out when it needs a column
that the tenant does not deliver.
"""

from dataclasses import replace

from lakehouse.contract.checks import WARN
from lakehouse.contract.expressions import parsed_mapping
from lakehouse.contract.mapping import TECHNICAL
from lakehouse.contract.table import Table
from lakehouse.store.records import Outcome, outcome
from settings.model import Tenant
from settings.sources import Source


def for_tenant(table: Table, tenant: Tenant) -> Table:
    """The table's contract for this tenant. It has the tenant's share of refused rows, and lacks
    the rules and checks that need a column which the tenant does not map.
    """
    source = _source_of(table, tenant)
    if source is None:
        return table
    return replace(
        table,
        rules=tuple(rule for rule in table.rules if not _unmapped(rule.needs, source)),
        checks=tuple(
            check for check in table.checks if not _unmapped(check.needs(table.columns), source)
        ),
        refused_share=table.refused_share if source.refused_share is None else source.refused_share,
    )


def not_applied(table: Table, tenant: Tenant) -> list[Outcome]:
    """One passed outcome per rule and check that `for_tenant` leaves out; its message names the
    columns that are not mapped.
    """
    source = _source_of(table, tenant)
    if source is None:
        return []
    needs = {rule.name: rule.needs for rule in table.rules} | {
        check.name: check.needs(table.columns) for check in table.checks
    }
    lacking = {name: _unmapped(columns, source) for name, columns in needs.items()}
    return [
        outcome(
            name,
            WARN,
            True,
            None,
            f"not applied: {', '.join(columns)} {'is' if len(columns) == 1 else 'are'} not mapped",
            "",
        )
        for name, columns in lacking.items()
        if columns
    ]


def _source_of(table: Table, tenant: Tenant) -> Source | None:
    """The tenant's source from which the table is built. None when the table is built from other
    tables, or when the tenant does not have the source.
    """
    return tenant.sources.get(table.reads_source)


def _unmapped(columns: tuple[str, ...], source: Source) -> list[str]:
    """Those of the columns that the source's mapping lacks. `is_deleted` never counts as lacking,
    since every row has a value for it.
    """
    return parsed_mapping(source).lacking(
        name for name in columns if name not in (*TECHNICAL, "is_deleted")
    )
