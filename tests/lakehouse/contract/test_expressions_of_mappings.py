"""Which columns an expression of a mapping reads: as Spark's own parser says, and without one."""

from typing import Any

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from lakehouse.contract.expressions import KEYWORDS, columns_in, parsed, parsed_mapping
from settings.sources import Source

DELIVERED = ["paid", "paid_on", "Line.no", "sku", "payload", "order", "lines"]


def source(**mapping: str) -> Source:
    return Source(format="csv", delivery="daily", columns=DELIVERED, mapping=mapping)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("paid", ["paid"]),
        ("PAID", ["paid"]),  # Spark compares names without their case
        ("`paid`", ["paid"]),
        ("paid_on", ["paid_on"]),  # not the column whose name it begins with
        ("`Line.no`", ["Line.no"]),
        ("`line.NO`", ["Line.no"]),
        ("concat('paid', sku)", ["sku"]),  # a text that says so
        ('concat("paid", sku)', ["sku"]),
        (r"concat('it\'s paid', sku)", ["sku"]),
        (r"regexp_replace(sku, r'\d paid', '')", ["sku"]),
        ("sku /* paid */", ["sku"]),
        ("get_json_object(payload, '$.paid')", ["payload"]),
        ("payload.paid", ["payload"]),  # a field of a struct
        ("from_json(payload, 'paid int').paid", ["payload"]),
        # the variable of a lambda
        ("transform(split(lines, ';'), paid -> upper(paid))", ["lines"]),
        ("struct(sku AS paid)", ["sku"]),
        ("paid(sku)", ["sku"]),  # a function of that name
        ("order", ["order"]),  # Spark takes it for a column, sqlglot for the end of a query
        ("concat(order, '-', sku, ' paid')", ["sku", "order"]),
        ("to_json(struct(*))", DELIVERED),
        ("concat('paid", DELIVERED),  # no text that Spark reads: nothing is known of it
        ("1", []),
        ("date'2016-12-26'", []),
    ],
)
def test_the_delivered_columns_that_an_expression_reads(text: str, columns: list[str]) -> None:
    assert parsed_mapping(source()).columns_of(parsed(text)) == columns


@pytest.mark.parametrize(
    ("text", "column", "is_it"),
    [
        ("paid", "paid", True),
        (" `PAID` ", "paid", True),
        ("((paid))", "paid", True),
        ("`Line.no`", "line.no", True),
        ("order", "order", True),
        ("`order`", "order", True),
        ("paid", "paid_on", False),
        ("'paid'", "paid", False),
        ("payload.paid", "paid", False),
        ("payload.paid", "payload", False),
        ("trim(paid)", "paid", False),
        ("-paid", "paid", False),
    ],
)
def test_whether_an_expression_is_one_column(text: str, column: str, *, is_it: bool) -> None:
    assert parsed(text).is_column(column) is is_it


def test_who_delivers_what() -> None:
    mapping = parsed_mapping(
        source(product_id="sku", line_id="concat(sku, `Line.no`)", amount="try_cast(paid as int)")
    )
    assert [*mapping.fed_by("sku")] == ["product_id", "line_id"]
    assert [*mapping.fed_by("paid")] == ["amount"]
    assert [*mapping.fed_by("paid_on")] == []
    assert mapping.is_taken_whole("sku")
    assert not mapping.is_taken_whole("paid")
    assert mapping.lacking(["product_id", "store_id"]) == ["store_id"]


def test_a_condition_names_its_columns_and_not_its_texts() -> None:
    condition = "(is_return IS NOT NULL) = coalesce(until = date_add(`as_of`, 28), false) OR note = 'amount'"
    assert columns_in(condition, ("as_of", "amount", "is", "return", "until", "is_return")) == (
        "as_of",
        "until",
        "is_return",
    )


FORMS = [
    "{0}",
    "concat({0}, 'x')",
    "try_cast({0} as date)",
    "to_date(try_to_timestamp({0}, 'yyyy'))",
    "{0} IS NOT NULL",
    "-{0} * 2",
    "{0} IN ('a', 'b')",
    "CASE WHEN {0} > 1 THEN {0} ELSE 0 END",
    "coalesce(nullif({0}, ''), sku)",
]
# each has a meaning of its own
OTHERS = "current_date user date timestamp day end order group left row rank comment set if key"
WORDS = sorted({*KEYWORDS, *OTHERS.split()})


@pytest.mark.parametrize("word", WORDS)
def test_a_keyword_is_a_column_wherever_it_is_one_to_spark(word: str, spark: SparkSession) -> None:
    """No column that Spark sees is missed; what Spark refuses is not asked."""
    seen = {
        text: read
        for form in FORMS
        if (read := _names_by_spark(spark, text := form.format(word))) is not None
    }
    assert seen
    assert {
        text: read
        for text, read in seen.items()
        if any(not parsed(text).reads(name) for name in read)
    } == {}


@settings(max_examples=60, deadline=None)
@drawn(
    name=st.text(
        st.characters(codec="utf-8", exclude_characters="`", exclude_categories=["C", "Z"]),
        min_size=1,
        max_size=8,
    ),
    text=st.text(st.characters(codec="ascii", exclude_characters="\\"), max_size=12),
)
def test_a_quoted_name_is_read_and_a_text_is_not(name: str, text: str) -> None:
    expression = parsed(f"concat(`{name}`, '{text.replace(chr(39), chr(92) + chr(39))}')")
    assert expression.reads(name)
    assert not expression.reads(f"{name}x")
    assert sorted(expression.names or ()) == [name.lower()]


def _names_by_spark(spark: SparkSession, text: str) -> set[str] | None:
    """The first parts of the names in what Spark's parser makes of the text; None when it refuses
    it.
    """
    try:
        return {*_unresolved(spark._jsparkSession.sessionState().sqlParser().parseExpression(text))}
    except Exception:
        return None


def _unresolved(tree: Any) -> list[str]:
    own = (
        [tree.nameParts().apply(0)]
        if tree.getClass().getSimpleName() == "UnresolvedAttribute"
        else []
    )
    children = tree.children()
    return own + [
        name for place in range(children.size()) for name in _unresolved(children.apply(place))
    ]
