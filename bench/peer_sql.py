"""The SQL of `bench/peer.py`, for DuckDB: each table as one statement over those before it.

Nothing of ours is imported, since that would import Spark, a twelfth of the script's day. The
constants are ours all the same, and `tests/bench/test_beside_peer.py` says so.
"""

EVENING_HOUR = 17
SILENT_DAYS = 28
HALF_LIFE_DAYS, POPULAR_DAYS, RANKS = 90, 91, 20
SEGMENTS = (
    ("champions", (4, 5), (4, 5), (4, 5)),
    ("loyal", (4, 5), (4, 5), (1, 3)),
    ("big_spenders", (4, 5), (1, 3), (4, 5)),
    ("new_or_returning", (5, 5), (1, 2), (1, 3)),
    ("promising", (4, 5), (1, 3), (1, 3)),
    ("cannot_lose", (1, 2), (4, 5), (4, 5)),
    ("slipping_loyal", (1, 3), (4, 5), (1, 5)),
    ("needs_attention", (3, 3), (2, 3), (1, 5)),
    ("about_to_sleep", (3, 3), (1, 1), (1, 5)),
    ("at_risk", (2, 2), (2, 3), (1, 5)),
    ("at_risk", (1, 1), (2, 3), (4, 5)),
    ("hibernating", (2, 2), (1, 1), (1, 5)),
    ("lost", (1, 1), (1, 3), (1, 5)),
)
NO_ORDERS = "no_orders"
ZONE = "America/New_York"
ARRIVED = r"regexp_extract(filename, '/(\d{4}-\d\d-\d\d)/', 1)::DATE AS arrived_on"
CSV = "FROM read_csv($1, header = true, all_varchar = true, filename = true)"
JSON = "FROM read_json($1, format = 'newline_delimited', filename = true, columns = {{{columns}}})"


def _json(*names: str) -> str:
    return JSON.format(columns=", ".join(f"{name}: 'VARCHAR'" for name in names))


READERS = {
    "orders": CSV,
    "products": CSV,
    "coupons": CSV,
    "customers": _json(
        *("household_id", "age", "income", "home_ownership", "marital_status"),
        *("household_size", "household_comp", "kids_count"),
    ),
    "campaigns": _json("campaign_id", "household_id", "campaign_type", "start_date", "end_date"),
    "redemptions": _json("household_id", "coupon_upc", "campaign_id", "redemption_date"),
}

DEMOGRAPHICS = {
    "demographic_age": "age",
    "demographic_income": "income",
    "demographic_home_ownership": "home_ownership",
    "demographic_marital_status": "marital_status",
    "demographic_household_size": "household_size",
    "demographic_household_composition": "household_comp",
    "demographic_children": "kids_count",
}


def _kept(table: str, key: str, query: str) -> list[str]:
    """The newest version of each key, in the place of the one that stood."""
    newest = f"SELECT DISTINCT ON ({key}) * FROM ({query}) ORDER BY {key}, arrived_on DESC"
    return [
        f"CREATE OR REPLACE TEMP TABLE new AS {newest}",
        f"CREATE TABLE IF NOT EXISTS {table} AS FROM new LIMIT 0",
        f"DELETE FROM {table} WHERE ({key}) IN (SELECT ({key}) FROM new)",
        f"INSERT INTO {table} FROM new",
    ]


def _tile(table: str, query: str) -> list[str]:
    """The rows of the days of which an order line is new."""
    days = "order_date IN (SELECT order_date FROM new_days)"
    return [
        f"CREATE OR REPLACE TEMP TABLE made AS {query.format(days=days)}",
        f"CREATE TABLE IF NOT EXISTS {table} AS FROM made LIMIT 0",
        f"DELETE FROM {table} WHERE {days}",
        f"INSERT INTO {table} FROM made",
    ]


def _money(column: str) -> str:
    return f"{column}::DECIMAL(18, 4)"


ORDER_LINES = f"""
    SELECT basket_id AS order_id, product_id AS line_id, household_id AS customer_id, product_id,
        store_id, transaction_timestamp::TIMESTAMP AS ordered_at,
        timezone('{ZONE}', timezone('UTC', transaction_timestamp::TIMESTAMP))::DATE AS order_date,
        {_money("quantity")} AS quantity, {_money("sales_value")} AS amount,
        {_money("retail_disc")} + {_money("coupon_match_disc")} AS discount,
        {_money("coupon_disc")} AS coupon_discount, {ARRIVED}
    FROM arrived"""
CUSTOMER_DAYS = f"""
    WITH orders AS (
        SELECT customer_id, order_date, order_id, count(*) AS lines, sum(amount) AS amount,
            sum(discount) AS discount, sum(coupon_discount) AS coupon_discount,
            min(hour(timezone('{ZONE}', timezone('UTC', ordered_at)))) AS hour
        FROM order_lines WHERE {{days}} GROUP BY ALL)
    SELECT customer_id, order_date, count(*) AS order_count, sum(lines) AS line_count,
        sum(amount) AS amount_sum, sum(discount) AS discount_sum,
        sum(coupon_discount) AS coupon_discount_sum, sum(hour) AS order_hour_sum,
        count(*) FILTER (hour >= {EVENING_HOUR}) AS evening_order_count
    FROM orders GROUP BY ALL"""
PRODUCT_DAYS = """
    SELECT customer_id, product_id, order_date, count(DISTINCT order_id) AS order_count,
        sum(quantity) AS quantity, sum(amount) AS amount_sum
    FROM order_lines WHERE {days} GROUP BY ALL"""
SILVER = {
    "orders": [
        *_kept("order_lines", "order_id, line_id", ORDER_LINES),
        "CREATE OR REPLACE TEMP TABLE new_days AS SELECT DISTINCT order_date FROM new",
        *_tile("customer_days", CUSTOMER_DAYS),
        *_tile("customer_product_days", PRODUCT_DAYS),
    ],
    "products": _kept("products", "product_id", f"SELECT *, {ARRIVED} FROM arrived"),
    "coupons": _kept(
        "coupons", "coupon_upc, product_id, campaign_id", f"SELECT *, {ARRIVED} FROM arrived"
    ),
    "customers": _kept(
        "customers",
        "customer_id",
        "SELECT household_id AS customer_id, "
        + ", ".join(f"{theirs} AS {name}" for name, theirs in DEMOGRAPHICS.items())
        + f", {ARRIVED} FROM arrived",
    ),
    "campaigns": _kept(
        "campaign_customers",
        "campaign_id, customer_id",
        "SELECT campaign_id, household_id AS customer_id, campaign_type,"
        f" start_date::DATE AS start_date, end_date::DATE AS end_date, {ARRIVED} FROM arrived",
    ),
    "redemptions": _kept(
        "redemptions",
        "customer_id, coupon_id, campaign_id, redemption_date",
        "SELECT household_id AS customer_id, coupon_upc AS coupon_id, campaign_id,"
        f" redemption_date::DATE AS redemption_date, {ARRIVED} FROM arrived",
    ),
}


def _windowed(expression: str, name: str, *windows: int | None) -> list[str]:
    """The expression once per window; `{w}` in it is the condition of the window."""
    return [
        f"{expression.replace('{w}', 'true' if days is None else f'days_ago <= {days}')}"
        f" AS {name if days is None else f'{name}_{days}d'}"
        for days in windows
    ]


def _sum(column: str, condition: str = "{w}") -> str:
    return f"sum({column}) FILTER ({condition})"


def _ratio(above: str, below: str) -> str:
    return f"({above})::DOUBLE / nullif(({below})::DOUBLE, 0)"


def _pace(column: str) -> str:
    recent = f"sum(CASE WHEN days_ago <= 28 THEN {column} ELSE 0 END) FILTER (days_ago <= 91)"
    return _ratio(f"{recent} * (91.0 / 28)::DOUBLE", _sum(column, "days_ago <= 91"))


EVERY = (None, 7, 28, 91, 365)
QUARTER = (None, 91)
SAVED = f"{_sum('{c}')} + {_sum('amount_sum')}"
ORDERED, GAPS = "order_count > 0", "count(*) FILTER (order_count > 0) - 1"
SPREAD = f"max(days_ago) FILTER ({ORDERED}) - min(days_ago) FILTER ({ORDERED})"
OF_DAYS = [
    *_windowed(f"min(days_ago) FILTER ({ORDERED})", "days_since_last_order", None),
    *_windowed(f"max(days_ago) FILTER ({ORDERED})", "days_since_first_order", None),
    *_windowed(f"coalesce({_sum('order_count')}, 0)::BIGINT", "order_count", *EVERY),
    *_windowed(f"count(*) FILTER ({{w}} AND {ORDERED})", "order_days", *EVERY[1:]),
    *_windowed(f"coalesce({_sum('amount_sum')}, 0)", "amount_sum", *EVERY),
    *_windowed(_ratio(_sum("amount_sum"), _sum("order_count")), "amount_per_order", *QUARTER),
    *_windowed(_ratio(_sum("line_count"), _sum("order_count")), "lines_per_order", *QUARTER),
    *_windowed(
        _ratio(_sum("discount_sum"), SAVED.replace("{c}", "discount_sum")),
        "discount_share",
        *QUARTER,
    ),
    *_windowed(
        _ratio(_sum("coupon_discount_sum"), SAVED.replace("{c}", "coupon_discount_sum")),
        "coupon_share",
        *QUARTER,
    ),
    *_windowed(
        f"avg((dayofweek(order_date) IN (0, 6))::INT) FILTER ({{w}} AND {ORDERED})",
        "weekend_share",
        *QUARTER,
    ),
    *_windowed(_ratio(_sum("order_hour_sum"), _sum("order_count")), "hour_mean", None),
    *_windowed(_ratio(_sum("evening_order_count"), _sum("order_count")), "evening_share", *QUARTER),
    f"{_ratio(SPREAD, GAPS)} AS days_between_orders",
    f"{_ratio(f'min(days_ago) FILTER ({ORDERED}) * ({GAPS})', SPREAD)} AS silence_ratio",
    f"stddev_pop(days_ago) FILTER (days_ago <= 91 AND {ORDERED}) AS order_day_spread",
    f"{_pace('order_count')} AS order_trend",
    f"{_pace('amount_sum')} AS amount_trend",
]
FRESH = "regexp_matches(upper(department), 'PRODUCE|MEAT|SEAFOOD|DELI|PASTRY|BAKERY')"
NATIONAL = "lower(brand) = 'national'"


def _share(chosen: str) -> str:
    return _ratio(
        f"sum(CASE WHEN {chosen} THEN amount_sum ELSE 0 END) FILTER ({{w}})", _sum("amount_sum")
    )


OF_PRODUCTS = [
    *_windowed("count(DISTINCT product_id) FILTER ({w})", "product_breadth", *QUARTER),
    *_windowed("count(DISTINCT product_category) FILTER ({w})", "category_breadth", *QUARTER),
    *_windowed("count(DISTINCT department) FILTER ({w})", "department_breadth", 91),
    *_windowed(_share(NATIONAL), "national_brand_share", *QUARTER),
    *_windowed(_share(FRESH), "fresh_share", None),
]
OF_CAMPAIGNS = _windowed("count(DISTINCT campaign_id) FILTER ({w})", "campaign_count", *QUARTER)
OF_REDEMPTIONS = [
    *_windowed("count(*) FILTER ({w})", "redemption_count", *QUARTER),
    "min(days_ago) AS days_since_last_redemption",
]


def _aggregated(name: str, columns: list[str], table: str, day: str) -> str:
    return f"""{name} AS (
        SELECT customer_id, as_of, {", ".join(columns)}
        FROM (SELECT *, date_diff('day', {day}, as_of) AS days_ago FROM {table}, as_ofs
            WHERE {day} < as_of)
        GROUP BY ALL)"""


# What is 0, and not null, of a customer without rows.
COUNTS = (
    *("order_count", "order_days", "amount_sum", "product_breadth", "category_breadth"),
    *("department_breadth", "campaign_count", "redemption_count"),
)
NAMES = [
    column.rpartition(" AS ")[2]
    for column in (*OF_DAYS, *OF_PRODUCTS, *OF_CAMPAIGNS, *OF_REDEMPTIONS)
]
FILLED = [f"coalesce({n}, 0) AS {n}" if n.startswith(COUNTS) else n for n in NAMES]
WITH_PRODUCT = "(FROM customer_product_days LEFT JOIN products USING (product_id))"
FEATURES = f"""
    WITH {_aggregated("of_days", OF_DAYS, "customer_days", "order_date")},
    {_aggregated("of_products", OF_PRODUCTS, WITH_PRODUCT, "order_date")},
    {_aggregated("of_campaigns", OF_CAMPAIGNS, "campaign_customers", "arrived_on")},
    {_aggregated("of_redemptions", OF_REDEMPTIONS, "redemptions", "redemption_date")},
    people AS (
        SELECT customer_id, as_of FROM customers, as_ofs WHERE arrived_on < as_of
        UNION SELECT customer_id, as_of FROM of_days
        UNION SELECT customer_id, as_of FROM of_campaigns)
    SELECT customer_id, as_of, {", ".join(FILLED)},
        {", ".join(f"coalesce({name}, 'unknown') AS {name}" for name in DEMOGRAPHICS)}
    FROM people LEFT JOIN of_days USING (customer_id, as_of)
        LEFT JOIN of_products USING (customer_id, as_of)
        LEFT JOIN of_campaigns USING (customer_id, as_of)
        LEFT JOIN of_redemptions USING (customer_id, as_of)
        LEFT JOIN customers USING (customer_id)"""
CAMPAIGNS = """
    SELECT customer_id, as_of, campaign_id, campaign_type,
        date_diff('day', coalesce(start_date, arrived_on), as_of) AS days_since_campaign_start,
        date_diff('day', as_of, end_date) AS days_to_campaign_end
    FROM campaign_customers, as_ofs
    WHERE arrived_on < as_of AND coalesce(start_date, as_of) <= as_of
        AND coalesce(end_date, as_of) >= as_of"""

# What a kind of model is asked of, and what became of it in the days of its label.
ASKED = {
    "customers": """
        SELECT '' AS target, f.*{outcome} FROM features f
        WHERE order_count > 0 AND as_of IN ({days})""",
    "campaigns": """
        SELECT campaign_id AS target, f.*, c.* EXCLUDE (customer_id, as_of, campaign_id,
            campaign_type){outcome}
        FROM features f JOIN campaigns c USING (customer_id, as_of)
        WHERE order_count > 0 AND as_of IN ({days})""",
}
NO_ORDER = """(NOT EXISTS (SELECT 1 FROM customer_days d WHERE d.customer_id = f.customer_id
    AND d.order_date >= f.as_of AND d.order_date < f.as_of + {length}))::INT"""
REDEEMED = """(EXISTS (SELECT 1 FROM redemptions r WHERE r.customer_id = f.customer_id
    AND r.campaign_id = c.campaign_id AND r.redemption_date >= f.as_of
    AND r.redemption_date < f.as_of + {length}))::INT"""
OUTCOMES = {"churn": NO_ORDER, "churn_91d": NO_ORDER, "campaign_response": REDEEMED}


def _fifth(value: str) -> str:
    place = f"cume_dist() OVER (PARTITION BY as_of, order_count > 0 ORDER BY {value})"
    return f"CASE WHEN order_count > 0 THEN ceil({place} * 5 - 1e-9)::INT END"


def _segment() -> str:
    """The name of the three scores, as one CASE."""
    cases = [
        f"WHEN r BETWEEN {r[0]} AND {r[1]} AND f BETWEEN {f[0]} AND {f[1]}"
        f" AND m BETWEEN {m[0]} AND {m[1]} THEN '{name}'"
        for name, r, f, m in SEGMENTS
    ]
    return f"CASE {' '.join(cases)} ELSE '{NO_ORDERS}' END"


DAY = "(SELECT as_of FROM as_ofs)"
BOUGHT = f"""(SELECT d.* FROM customer_product_days d JOIN products USING (product_id)
    WHERE order_date < {DAY} AND upper(trim(department)) NOT IN
        ('FUEL', 'COUPON', 'MISCELLANEOUS'))"""
WEEK = "date_trunc('week', order_date)::DATE"
GOLD = {
    "customer_segments": f"""
        WITH scores AS (
            SELECT customer_id, as_of, {_fifth("-days_since_last_order")} AS r,
                {_fifth("order_count")} AS f, {_fifth("amount_sum")} AS m
            FROM features WHERE as_of = {DAY})
        SELECT customer_id, as_of, r AS recency_score, f AS frequency_score, m AS monetary_score,
            {_segment()} AS rfm_segment, cluster AS micro_segment
        FROM scores LEFT JOIN grouped USING (customer_id)""",
    "customer_scores": f"""
        SELECT * EXCLUDE (kind, target), ceil(cume_dist() OVER (ORDER BY value) * 10 - 1e-9)::INT
            AS churn_decile
        FROM predictions WHERE kind = 'churn' AND as_of = {DAY}""",
    "segment_summary": f"""
        SELECT as_of, rfm_segment, count(*) AS customer_count,
            count(*) / sum(count(*)) OVER () AS customer_share,
            median(order_count) AS order_count_median,
            median(days_since_last_order) AS days_since_last_order_median,
            avg(amount_sum) AS amount_sum_mean,
            sum(amount_sum) / sum(sum(amount_sum)) OVER () AS amount_share,
            avg(value) AS churn_probability_mean
        FROM customer_segments JOIN features USING (customer_id, as_of)
            LEFT JOIN customer_scores USING (customer_id, as_of)
        WHERE as_of = {DAY} GROUP BY ALL""",
    "customer_profiles": f"""
        WITH favourites AS (
            SELECT customer_id, department AS favourite_department
            FROM customer_product_days JOIN products USING (product_id)
            WHERE order_date < {DAY} AND trim(department) <> '' GROUP BY customer_id, department
            QUALIFY row_number() OVER (
                PARTITION BY customer_id ORDER BY sum(amount_sum) DESC, department) = 1)
        SELECT customer_id, as_of, as_of - days_since_first_order::INT AS first_order_date,
            as_of - days_since_last_order::INT AS last_order_date, days_since_last_order,
            order_count, amount_sum, order_count_91d, amount_sum_91d, favourite_department,
            rfm_segment, micro_segment, value AS churn_probability, churn_decile, reason_1,
            reason_2, reason_3, {", ".join(DEMOGRAPHICS)}
        FROM features JOIN customer_segments USING (customer_id, as_of)
            LEFT JOIN customer_scores USING (customer_id, as_of)
            LEFT JOIN favourites USING (customer_id)
        WHERE as_of = {DAY}""",
    "popular_products": f"""
        WITH pairs AS (SELECT DISTINCT customer_id, product_id FROM {BOUGHT}
            WHERE order_date >= {DAY} - {POPULAR_DAYS}),
        each_one AS (
            SELECT 'all' AS segment, product_id FROM pairs
            UNION ALL SELECT rfm_segment, product_id FROM pairs JOIN customer_segments
                USING (customer_id) WHERE as_of = {DAY})
        SELECT {DAY} AS as_of, segment, row_number() OVER (
                PARTITION BY segment ORDER BY count(*) DESC, product_id) AS rank, product_id,
            count(*) AS customer_count,
            'bought by ' || count(*) || ' in the last {POPULAR_DAYS} days' AS reason
        FROM each_one GROUP BY segment, product_id QUALIFY rank <= {RANKS}""",
    "recommendations": f"""
        WITH people AS (FROM customer_segments WHERE as_of = {DAY}),
        own AS (
            SELECT customer_id, product_id, 1 AS tier, 'bought_again' AS strategy,
                round(sum(order_count * pow(0.5,
                    date_diff('day', order_date, {DAY}) / {HALF_LIFE_DAYS}.0)), 9) AS score,
                'bought ' || sum(order_count) || ' times, last on ' || max(order_date) AS reason
            FROM {BOUGHT} SEMI JOIN people USING (customer_id) GROUP BY customer_id, product_id
            QUALIFY row_number() OVER (
                PARTITION BY customer_id ORDER BY score DESC, product_id) <= {RANKS}),
        offered AS (
            SELECT customer_id, product_id, CASE segment WHEN 'all' THEN 3 ELSE 2 END AS tier,
                CASE segment WHEN 'all' THEN 'popular' ELSE 'popular_in_segment' END AS strategy,
                customer_count::DOUBLE AS score, reason
            FROM people JOIN popular_products p ON p.segment IN ('all', rfm_segment)
                AND p.as_of = {DAY}),
        once AS (
            FROM (FROM own UNION ALL BY NAME FROM offered)
            QUALIFY row_number() OVER (PARTITION BY customer_id, product_id ORDER BY tier) = 1)
        SELECT customer_id, {DAY} AS as_of, row_number() OVER (
                PARTITION BY customer_id ORDER BY tier, score DESC, product_id) AS rank,
            product_id, score, reason, strategy
        FROM once QUALIFY rank <= {RANKS}""",
    "kpis": f"""
        WITH days AS (
            SELECT *, {WEEK} AS week_start, min({WEEK}) OVER (PARTITION BY customer_id) AS first,
                lead(order_date) OVER (PARTITION BY customer_id ORDER BY order_date) AS next
            FROM customer_days WHERE order_date < {DAY}),
        lost AS (
            SELECT date_trunc('week', order_date + {SILENT_DAYS})::DATE AS week_start,
                count(DISTINCT customer_id) AS lost_customers
            FROM days WHERE coalesce(next, {DAY}) > order_date + {SILENT_DAYS} GROUP BY ALL)
        SELECT {DAY} AS as_of, week_start, count(DISTINCT customer_id) AS active_customers,
            sum(order_count) AS order_count, sum(amount_sum) AS amount_sum,
            sum(amount_sum) / sum(order_count) AS amount_per_order,
            count(DISTINCT customer_id) FILTER (first < week_start)
                / count(DISTINCT customer_id) AS repeat_rate,
            count(DISTINCT customer_id) FILTER (first = week_start) AS new_customers,
            coalesce(any_value(lost_customers), 0) AS lost_customers
        FROM days LEFT JOIN lost USING (week_start) GROUP BY week_start""",
}
