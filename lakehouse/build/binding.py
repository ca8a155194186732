"""How a table's contract binds a tenant: rules and checks of columns that nobody delivers are
not applied.
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
    """The table's contract as it binds this tenant: its share of refused rows, and no rule or check
    of a column that it does not map.
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
    """One outcome, passed, per rule and check of the declared table that does not bind this tenant;
    it says which column is not mapped.
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
    """The tenant's source that the table is made from; None for a table that is made from tables,
    and where the tenant has none.
    """
    return tenant.sources.get(table.reads_source)


def _unmapped(columns: tuple[str, ...], source: Source) -> list[str]:
    """Of the columns those that nobody delivers; whether a row is deleted is always known."""
    return parsed_mapping(source).lacking(
        name for name in columns if name not in (*TECHNICAL, "is_deleted")
    )
