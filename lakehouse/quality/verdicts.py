"""What follows from what was measured: the outcome of each check, whether every delivered row is
accounted for, and whether the table may be written.
"""

from lakehouse.base.errors import UserError
from lakehouse.contract.checks import ERROR, WARN, Check, Measured
from lakehouse.contract.table import Table
from lakehouse.store.ops import Counts
from lakehouse.store.records import FAILED, Outcome, outcome


class CheckFailed(UserError):
    """A check of level ERROR failed; the table, what is built on it and the release stay as they
    were.
    """


def judged(check: Check, measured: Measured) -> Outcome:
    """The outcome of a check whose metric was measured, by whichever engine."""
    verdict = check.verdict(check, measured)
    return outcome(
        check.name,
        check.level,
        verdict.passed,
        verdict.observed,
        verdict.expected,
        verdict.message,
    )


def conservation(
    table: Table, counts: Counts, files: dict[str, Counts], written: int
) -> list[Outcome]:
    """Whether each row of each file is kept, refused, a duplicate or superseded, and written when
    kept; whether too many are refused.
    """
    if not counts.total:
        return []
    share = counts.quarantined / counts.total
    where = f"see {table.name}_quarantine for the sentences"
    too_many = (
        f"refused_share of {table.name}: {share:g}, expected <= {table.refused_share:g}; {where}"
    )
    some = (
        f"nothing_refused of {table.name}: {counts.quarantined} of {counts.total} rows are refused;"
        f" {where}"
    )
    wrong = [
        f"{file}: {count.lost} of {count.total} rows" for file, count in files.items() if count.lost
    ]
    wrong += (
        [f"{counts.kept} rows are kept, {written} would be written"]
        if written != counts.kept
        else []
    )
    lost = sum(abs(count.lost) for count in files.values()) + abs(counts.kept - written)
    fault = (
        f"rows_conserved of {table.name}: {lost} rows are lost or too many, a fault of the house"
        f" ({'; '.join(wrong)})"
    )
    return [
        outcome(
            "refused_share",
            ERROR,
            share <= table.refused_share,
            share,
            f"<= {table.refused_share:g}",
            too_many,
        ),
        outcome(
            "rows_conserved", ERROR, lost == 0, float(lost), "= 0 rows lost, in each file", fault
        ),
        outcome("nothing_refused", WARN, share == 0, share, "= 0", some),
    ]


def refused(outcomes: list[Outcome]) -> list[str]:
    """The messages of the failed checks of level ERROR."""
    return [o.message for o in outcomes if o.status == FAILED and o.level == ERROR]
