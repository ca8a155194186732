"""Each rule of each table rejects a row, in its own words, and passes one that is only just right.

`ends` is the state that the row ends in, `said` the sentences that reject it. Columns that a text
does not name are null in its rows.
"""

import pytest
from pyspark.sql import functions as F

from lakehouse.build.delivered_tables import judged
from lakehouse.contract.table import TABLES
from tests.rows import actual, expected
from tests.tables import to_be_judged

pytestmark = pytest.mark.usefixtures("small_plans")

TYPES = {"line": "bigint", "ends": "string", "said": "string"}
ROWS = {
    # 0 is no negative amount, a return may be one, and a line that does not say whether it is a
    # return is none; what is ordered on its arrival day was not ordered after it; only a foreign
    # currency needs a rate; a withdrawal needs its key alone, and leaves no row
    "silver_order_lines": """
        line order_id line_id customer_id order_date arrived_on amount  quantity discount coupon_discount is_return currency exchange_rate is_deleted ends        said
        1    o1       1       7           2017-01-02 2017-01-02 0       0        -        -               false     -        -             false      kept        -
        2    o2       1       7           2017-01-01 2017-01-02 9       -        -        -               -         USD      0.9           false      kept        -
        3    o3       1       7           2017-01-02 2017-01-02 -0.0001 -0.0001  -        -               true      -        -             false      kept        -
        4    o4       1       7           2017-01-02 2017-01-02 -0.0001 0        -        -               false     -        -             false      quarantined "amount is -0.0001, less than 0"
        5    o5       1       7           2017-01-02 2017-01-02 -0.0001 0        -        -               -         -        -             false      quarantined "amount is -0.0001, less than 0"
        6    o6       1       7           2017-01-02 2017-01-02 0       -0.0001  -        -               false     -        -             false      quarantined "quantity is -0.0001, less than 0"
        7    o7       1       7           2017-01-03 2017-01-02 0       0        -        -               false     -        -             false      quarantined "order_date 2017-01-03 lies after arrived_on 2017-01-02"
        8    o8       1       7           2017-01-02 2017-01-02 0       0        -        -               false     CHF      -             false      quarantined "no exchange rate of CHF holds on 2017-01-02"
        9    o9       1       -           2017-01-02 2017-01-02 0       0        -        -               false     -        -             false      quarantined "customer_id is missing or cannot be read"
        10   -        1       7           2017-01-02 2017-01-02 0       0        -        -               false     -        -             false      quarantined "order_id is missing or cannot be read"
        11   o11      -       7           2017-01-02 2017-01-02 0       0        -        -               false     -        -             false      quarantined "line_id is missing or cannot be read"
        12   o12      1       7           -          2017-01-02 0       0        -        -               false     -        -             false      quarantined "order_date is missing or cannot be read"
        13   o13      1       7           2017-01-02 2017-01-02 -       0        -        -               false     -        -             false      quarantined "amount is missing or cannot be read"
        14   o14      1       7           2017-01-03 2017-01-02 -1      0        -        -               false     -        -             false      quarantined "amount is -1.0000, less than 0 | order_date 2017-01-03 lies after arrived_on 2017-01-02"
        15   o15      1       -           -          2017-01-02 -       -        -        -               -         -        -             true       superseded  -
        16   -        1       -           -          2017-01-02 -       -        -        -               -         -        -             true       quarantined "order_id is missing or cannot be read"
        17   o17      -       -           -          2017-01-02 -       -        -        -               -         -        -             true       quarantined "line_id is missing or cannot be read"
        18   o18      1       7           2017-01-02 2017-01-02 9999999999.9999 9999999999.9999 9999999999.9999 9999999999.9999 false - - false kept -
        19   o19      1       7           2017-01-02 2017-01-02 10000000000 0 - - false - - false quarantined "amount: '10000000000.0000' is too large, it must be below 10,000,000,000 in size"
        20   o20      1       7           2017-01-02 2017-01-02 -10000000000 0 - - true - - false quarantined "amount: '-10000000000.0000' is too large, it must be below 10,000,000,000 in size"
        21   o21      1       7           2017-01-02 2017-01-02 0 10000000000 - - false - - false quarantined "quantity: '10000000000.0000' is too large, it must be below 10,000,000,000 in size"
        22   o22      1       7           2017-01-02 2017-01-02 0 0 10000000000 - false - - false quarantined "discount: '10000000000.0000' is too large, it must be below 10,000,000,000 in size"
        23   o23      1       7           2017-01-02 2017-01-02 0 0 - 10000000000 false - - false quarantined "coupon_discount: '10000000000.0000' is too large, it must be below 10,000,000,000 in size"
    """,
    "silver_exchange_rates": """
        line currency rate_date  arrived_on exchange_rate ends        said
        1    USD      2017-01-02 2017-01-01 0             kept        -
        2    GBP      2017-01-02 2017-01-01 -0.0001       quarantined "exchange_rate is -0.00010000, less than 0"
        3    -        2017-01-02 2017-01-01 1             quarantined "currency is missing or cannot be read"
        4    CHF      -          2017-01-01 1             quarantined "rate_date is missing or cannot be read"
        5    SEK      2017-01-02 2017-01-01 -             quarantined "exchange_rate is missing or cannot be read"
    """,
    "silver_redemptions": """
        line customer_id coupon_id redemption_date arrived_on ends        said
        1    7           k         2017-01-02      2017-01-02 kept        -
        2    7           k         2017-01-03      2017-01-02 quarantined "redemption_date 2017-01-03 lies after arrived_on 2017-01-02"
        3    -           k         2017-01-02      2017-01-02 quarantined "customer_id is missing or cannot be read"
        4    7           -         2017-01-02      2017-01-02 quarantined "coupon_id is missing or cannot be read"
        5    7           k         -               2017-01-02 quarantined "redemption_date is missing or cannot be read"
    """,
    # a promotion may begin after the day on which it is told
    "silver_promotions": """
        line product_id store_id promotion_week arrived_on ends        said
        1    p          1        2017-01-09     2017-01-02 kept        -
        2    -          1        2017-01-09     2017-01-02 quarantined "product_id is missing or cannot be read"
        3    p          -        2017-01-09     2017-01-02 quarantined "store_id is missing or cannot be read"
        4    p          1        -              2017-01-02 quarantined "promotion_week is missing or cannot be read"
    """,
    "silver_customers": """
        line customer_id arrived_on is_deleted ends        said
        1    7           2017-01-02 false      kept        -
        2    8           2017-01-02 true       kept        -
        3    -           2017-01-02 false      quarantined "customer_id is missing or cannot be read"
        4    -           2017-01-02 true       quarantined "customer_id is missing or cannot be read"
    """,
    "silver_products": """
        line product_id arrived_on is_deleted ends        said
        1    p          2017-01-02 false      kept        -
        2    q          2017-01-02 true       kept        -
        3    -          2017-01-02 false      quarantined "product_id is missing or cannot be read"
        4    -          2017-01-02 true       quarantined "product_id is missing or cannot be read"
    """,
    # a campaign of one day ends on its first one; an open end has no order
    "silver_campaign_customers": """
        line campaign_id customer_id start_date end_date   arrived_on is_deleted ends        said
        1    c           7           2017-01-02 2017-01-02 2017-01-02 false      kept        -
        2    c           8           2017-01-02 -          2017-01-02 false      kept        -
        3    c           9           -          2017-01-02 2017-01-02 false      kept        -
        4    d           7           2017-01-03 2017-01-02 2017-01-02 true       kept        -
        5    d           8           2017-01-03 2017-01-02 2017-01-02 false      quarantined "start_date 2017-01-03 lies after end_date 2017-01-02"
        6    -           7           -          -          2017-01-02 false      quarantined "campaign_id is missing or cannot be read"
        7    c           -           -          -          2017-01-02 false      quarantined "customer_id is missing or cannot be read"
        8    c           -           -          -          2017-01-02 true       quarantined "customer_id is missing or cannot be read"
    """,
    "silver_coupons": """
        line coupon_id product_id campaign_id arrived_on is_deleted ends        said
        1    k         p          c           2017-01-02 false      kept        -
        2    -         p          c           2017-01-02 false      quarantined "coupon_id is missing or cannot be read"
        3    k         -          c           2017-01-02 false      quarantined "product_id is missing or cannot be read"
        4    k         p          -           2017-01-02 false      quarantined "campaign_id is missing or cannot be read"
        5    k         p          -           2017-01-02 true       quarantined "campaign_id is missing or cannot be read"
    """,
    # an object may be empty; a list, a text and half an object are none; a withdrawal says nothing
    # but of whom
    "silver_enrichments": """
        line provider subject  subject_id attributes  valid_from valid_until arrived_on is_deleted ends        said
        1    atlas    customer 7          '{}'        2017-01-02 2017-01-02  2017-01-02 false      kept        -
        2    atlas    postcode 7          '{"a": 1}'  2017-01-03 -           2017-01-02 false      kept        -
        3    atlas    postcode 8          -           2017-01-03 2017-01-02  2017-01-02 true       kept        -
        4    atlas    customer 8          '{"a": 1}'  2017-01-03 2017-01-02  2017-01-02 false      quarantined "valid_from 2017-01-03 lies after valid_until 2017-01-02"
        5    -        customer 9          '{"a": 1}'  -          -           2017-01-02 false      quarantined "provider is missing or cannot be read"
        6    atlas    customer -          '{"a": 1}'  -          -           2017-01-02 false      quarantined "subject_id is missing or cannot be read"
        7    atlas    customer 9          -           -          -           2017-01-02 false      quarantined "attributes is missing or cannot be read"
        8    atlas    customer 10         '[1]'       -          -           2017-01-02 false      quarantined "attributes: '[1]' is not a JSON object"
        9    atlas    customer 11         '"a"'       -          -           2017-01-02 false      quarantined "attributes: '\\"a\\"' is not a JSON object"
        10   atlas    customer 12         '{"a":'     -          -           2017-01-02 false      quarantined "attributes: '{\\"a\\":' is not a JSON object"
        11   atlas    planet   9          '{"a": 1}'  -          -           2017-01-02 false      quarantined "subject 'planet' is not customer or postcode"
        12   atlas    Customer 9          '{"a": 1}'  -          -           2017-01-02 false      quarantined "subject 'Customer' is not customer or postcode"
        13   atlas    -        9          '{"a": 1}'  -          -           2017-01-02 false      quarantined "subject '' is not customer or postcode"
        14   atlas    planet   9          -           -          -           2017-01-02 true       quarantined "subject 'planet' is not customer or postcode"
    """,
    # what is given away for nothing is a purchase too
    "silver_outside_purchases": """
        line provider purchase_id customer_id purchase_date amount  arrived_on ends        said
        1    cards    1           7           2017-01-02    0       2017-01-02 kept        -
        2    cards    2           7           2017-01-02    -0.0001 2017-01-02 quarantined "amount is -0.0001, less than 0"
        3    cards    3           7           2017-01-03    0       2017-01-02 quarantined "purchase_date 2017-01-03 lies after arrived_on 2017-01-02"
        4    -        4           7           2017-01-02    0       2017-01-02 quarantined "provider is missing or cannot be read"
        5    cards    -           7           2017-01-02    0       2017-01-02 quarantined "purchase_id is missing or cannot be read"
        6    cards    6           -           2017-01-02    0       2017-01-02 quarantined "customer_id is missing or cannot be read"
        7    cards    7           7           -             0       2017-01-02 quarantined "purchase_date is missing or cannot be read"
        8    cards    8           7           2017-01-02    -       2017-01-02 quarantined "amount is missing or cannot be read"
        9    cards    9           7           2017-01-02    9999999999.9999 2017-01-02 kept -
        10   cards    10          7           2017-01-02    10000000000 2017-01-02 quarantined "amount: '10000000000.0000' is too large, it must be below 10,000,000,000 in size"
    """,
}


@pytest.mark.parametrize("name", sorted(name for name, table in TABLES.items() if table.rules))
def test_each_rule_rejects_a_row_in_its_own_words(name: str) -> None:
    assert name in ROWS, f"no row is judged by the rules of {name}: add some to ROWS"
    table = TABLES[name]
    marked = judged(to_be_judged(ROWS[name], table, **TYPES), table)
    rules = {rule.name: rule() for rule in table.rules}
    rejecting = [
        F.when(rule.broken & F.array_contains("refused", rule.sentence), rule_name)
        for rule_name, rule in rules.items()
    ]
    reasons = F.when(F.size("refused") > 0, F.concat_ws(" | ", "refused"))
    rows = marked.select(
        "line", "ends", "said", "state", reasons, F.array_compact(F.array(*rejecting))
    ).collect()
    assert sorted((line, state, text) for line, _, _, state, text, _ in rows) == sorted(
        (line, ends, text) for line, ends, text, *_ in rows
    )
    assert {*rules} - {one for row in rows for one in row[-1]} == set(), "no row breaks these rules"


def test_no_rows_are_left_of_a_table_without_rules() -> None:
    assert {*ROWS} - {name for name, table in TABLES.items() if table.rules} == set()


def test_what_cannot_be_read_is_said_first_and_only_a_refused_row_shows_its_text() -> None:
    # the second row breaks no rule and is refused all the same; a withdrawal need not be readable
    # beyond its key
    rows = """
        line order_id line_id customer_id order_date arrived_on amount is_deleted unreadable raw_record
        1    o1       1       7           2017-01-02 2017-01-02 1      false      -          one
        2    o2       1       7           2017-01-02 2017-01-02 1      false      "a line"   two
        3    o3       1       7           2017-01-02 2017-01-02 -1     false      "a line"   three
        4    o4       1       7           2017-01-02 2017-01-02 -1     true       "a line"   four
    """
    table = TABLES["silver_order_lines"]
    frame = to_be_judged(rows, table, line="bigint", unreadable="string")
    readable = frame.withColumn("unreadable", F.array_compact(F.array("unreadable")))
    shown = judged(readable, table).withColumn("refused", F.concat_ws(" | ", "refused"))
    assert actual(shown, "line refused raw_record state") == expected("""
        line refused                                   raw_record state
        1    ""                                        -          kept
        2    "a line"                                  two        quarantined
        3    "a line | amount is -1.0000, less than 0" three      quarantined
        4    ""                                        -          superseded
    """)
