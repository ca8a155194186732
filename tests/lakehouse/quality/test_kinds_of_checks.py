"""Each kind of check as the constructor makes it and Deequ measures it: outcome, number, message."""

from datetime import date
from inspect import isfunction

import pytest

from lakehouse.contract import checks
from lakehouse.contract.checks import (
    ERROR,
    WARN,
    Check,
    complete,
    holds,
    joins,
    rows_where,
    unique,
)
from lakehouse.quality import deequ
from lakehouse.store.records import FAILED, Outcome, outcome
from tests.rows import given

pytestmark = pytest.mark.usefixtures("small_plans")

ROWS = """
    customer_id product_id order_count as_of
    7           p          1           2017-02-01
    7           q          2           2017-02-01
    8           -          3           2017-02-01
    9           p          -           2017-02-01
"""
# customer 7 twice; q is no product of the other table; one value is missing in each column
PRODUCTS = "product_id\np\np"
PEOPLE = "as_of\n2017-02-01\n2017-02-02\n2017-02-02"  # on a day without rows of ours two people
AS_OFS = (date(2017, 2, 1), date(2017, 2, 2))


def at_least(share: float, observed: float, check: Check) -> Outcome:
    """The outcome of a check that asks a share of the four rows."""
    message = f"{check.name}: {observed:g} of the rows, expected at least {share:g} (4 rows judged)"
    return outcome(check.name, check.level, observed >= share, observed, f">= {share:g}", message)


ASKED: dict[Check, Outcome] = {
    check: at_least(share, observed, check)
    for check, share, observed in (
        (unique("customer_id"), 1.0, 0.5),  # two of four rows have a customer of their own
        (unique("customer_id", "product_id"), 1.0, 1.0),
        (complete("product_id"), 1.0, 0.75),
        (complete("order_count", 0.75, WARN), 0.75, 0.75),
        (holds("order_count > 1"), 1.0, 0.5),  # null is no
        (holds("order_count < 3", 0.5), 0.5, 0.5),
        (joins("product_id", "products", 0.9, WARN), 0.9, 0.75),  # null passes
    )
} | {
    rows_where("people", so="nobody bought"): outcome(
        "rows_where(people)",
        ERROR,
        False,
        1.0,
        "= 0 as-of dates without rows",
        "rows_where(people): no row as of 2017-02-02, where people has 2: nobody bought",
    ),
}


def test_each_kind_says_what_it_observed() -> None:
    frame = given(ROWS)
    others = {"products": given(PRODUCTS), "people": given(PEOPLE)}
    outcomes, rows = deequ.measure(frame, [*ASKED], others, AS_OFS)
    assert rows == 4
    assert outcomes == [*ASKED.values()]


def test_a_frame_without_rows_lacks_only_what_the_other_table_has() -> None:
    frame = given(ROWS).where("false")
    others = {"products": given(PRODUCTS), "people": given(PEOPLE)}
    outcomes, rows = deequ.measure(frame, [*ASKED], others, AS_OFS)
    assert rows == 0
    failed = [(one.check_name, one.observed) for one in outcomes if one.status == FAILED]
    assert failed == [("rows_where(people)", 2.0)]
    assert {one.observed for one in outcomes if one.expected.startswith(">= ")} == {1.0}


def kinds() -> set[str]:
    """The functions that make a check."""
    return {
        name
        for name, value in vars(checks).items()
        if isfunction(value) and value.__annotations__.get("return") is Check
    }


def test_every_kind_is_tried_here() -> None:
    assert {check.name.partition("(")[0] for check in ASKED} == kinds()


def test_who_measures_knows_no_kind() -> None:
    assert not {*vars(deequ)} & kinds()
