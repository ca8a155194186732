from tests.features.values import values_of
from tests.rows import expected


def test_breadth_counts_each_product_category_and_department_once() -> None:
    # `often` buys milk twice; what the shop did not tell is no category and no department; the
    # window ends after 91 days
    rows = """
        customer_id days_ago product_id product_category department
        often       3        milk       dairy            GROCERY
        often       2        milk       dairy            GROCERY
        often       91       cream      dairy            GROCERY
        often       91       bread      bread            GROCERY
        often       92       soap       care             DRUG
        untold      1        x          -                -
        untold      1        y          -                -
        long_ago    400      milk       dairy            GROCERY
    """
    assert values_of("product_breadth product_breadth_91d", rows) == expected("""
        customer_id product_breadth product_breadth_91d
        often       4               3
        untold      2               2
        long_ago    1               0
        nobody      0               0
    """)
    assert values_of(
        "category_breadth category_breadth_91d department_breadth_91d", rows
    ) == expected("""
        customer_id category_breadth category_breadth_91d department_breadth_91d
        often       3                2                    1
        untold      0                0                    0
        long_ago    1                0                    0
        nobody      0                0                    0
    """)


def test_the_share_of_national_brands() -> None:
    # written in any case; an untold brand is not national; without any the share is 0; no spending,
    # or a sum of 0, has no share
    rows = """
        customer_id days_ago brand      amount_sum
        mixed       91       National   1
        mixed       91       NATIONAL   1
        mixed       2        Private    2
        mixed       92       Private    4
        untold      1        -          3
        untold      1        National   1
        private     1        Private    5
        cancelled   2        National   5
        cancelled   1        National   -5
        long_ago    92       national   5
    """
    assert values_of("national_brand_share national_brand_share_91d", rows) == expected("""
        customer_id national_brand_share national_brand_share_91d
        mixed       0.25                 0.5
        untold      0.25                 0.25
        private     0                    0
        cancelled   -                    -
        long_ago    1                    -
        nobody      -                    -
    """)


def test_the_share_of_fresh_food() -> None:
    # each fresh department is one, in any case and as part of a longer name; groceries and what has
    # no department are not
    rows = """
        customer_id days_ago department    amount_sum
        a           1        PRODUCE       1
        b           1        MEAT-PCKGD    1
        c           1        seafood       1
        d           1        Deli          1
        e           1        PASTRY        1
        f           1        BAKERY        1
        grocery     1        GROCERY       1
        untold      1        -             3
        untold      400      DELI          1
        cancelled   1        DELI          1
        cancelled   1        GROCERY       -1
    """
    assert values_of("fresh_share", rows) == expected("""
        customer_id fresh_share
        a           1
        b           1
        c           1
        d           1
        e           1
        f           1
        grocery     0
        untold      0.25
        cancelled   -
        nobody      -
    """)
