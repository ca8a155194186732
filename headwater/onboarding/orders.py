"""Order lines as proposed: keys, day, amounts, returns, cancellations, currencies."""

import math
from collections import Counter

from headwater.onboarding.amounts import add_amounts
from headwater.onboarding.answers import Answers
from headwater.onboarding.dates import Dates, dates_of
from headwater.onboarding.draft import Draft, Entry, form_of
from headwater.onboarding.roles import Roles, roles_of
from headwater.onboarding.sample import Field, Sample
from headwater.onboarding.shapes import SYMBOLS, not_empty
from headwater.onboarding.words import CANCELLED
from jobs.silver.events import silver_order_lines
from lakehouse.contract.table import TABLES

UNKNOWN_CURRENCY = "XXX"  # ISO 4217 for "no currency"


def orders_of(sample: Sample, answers: Answers) -> tuple[Draft, Dates, str]:
    """The source of order lines, its dates, and the tenant's currency."""
    draft = Draft("orders", sample)
    form_of(draft)
    roles = roles_of(sample, "orders", answers)
    when = dates_of(sample, roles["ordered"], "ordered", answers)
    draft.settings["event_date"] = Entry(
        "order_date",
        "the business day of a row; rows go to the day they are of, however late they come",
    )
    _add_keys(draft, roles, when)
    _add_repeats(draft, roles, when)
    add_amounts(draft, roles, answers)
    currency = _add_currency(draft, roles, answers)
    _add_withdrawals(draft, roles)
    _add_share(draft, roles)
    return draft, when, currency


def _add_keys(draft: Draft, roles: Roles, when: Dates) -> None:
    mapping, customer = draft.mapping, roles["customer_id"]
    if "order_id" in roles:
        mapping["order_id"] = Entry(
            roles["order_id"].expression, f"as in '{roles['order_id'].example}'"
        )
    else:
        day = (
            when.day if when.day != roles["ordered"].expression else f"try_cast({when.day} as date)"
        )
        mapping["order_id"] = Entry(
            f"concat({customer.expression}, ' ', {day})",
            "no order number: an order is a customer and a day",
        )
    mapping["line_id"] = Entry("")  # its place in the page; below is known of what
    mapping["customer_id"] = Entry(customer.present, "a pseudonym: no value of it is shown here")
    for role in ("product_id", "store_id"):
        if role in roles:
            mapping[role] = Entry(roles[role].present, f"as in '{roles[role].example}'")
    if "product_id" not in roles:
        draft.notes.append(
            "no product: nothing can be recommended from these lines; habits, churn and segments"
            " can be told"
        )
    if when.instant:
        mapping["ordered_at"] = Entry(when.instant, "the instant, in UTC")
    mapping["order_date"] = Entry(when.day, when.why)


def _add_repeats(draft: Draft, roles: Roles, when: Dates) -> None:
    """What tells the lines of an order apart: its number, else the product, else the how-manieth
    row with the same values.
    """
    ordered = roles["ordered"]
    of_order = [roles["order_id"]] if "order_id" in roles else [roles["customer_id"], ordered]
    days = Field("", "", (), tuple(v.strip().split("T")[0].split(" ")[0] for v in ordered.values))
    tells = of_order if "order_id" in roles else [roles["customer_id"], days]
    line, product = roles.get("line_id"), roles.get("product_id")
    if line and not _repeats([*tells, line]):
        draft.mapping["line_id"] = Entry(
            line.expression,
            f"no number is there twice in an order, in the first {len(line.values)} rows",
        )
        return
    if product and not _repeats([*tells, product]):
        why = (
            "no line number; no product is there twice in an order, in the first"
            f" {len(product.values)} rows"
        )
        draft.mapping["line_id"] = Entry(product.expression, why)
        return
    _count_repeats(draft, roles, when, of_order)


def _count_repeats(draft: Draft, roles: Roles, when: Dates, of_order: list[Field]) -> None:
    """Tell the lines of an order apart by how many rows with the same values came before."""
    sample, product = draft.sample, roles.get("product_id")
    named = [*of_order, *([product] if product else [])]
    within = list(dict.fromkeys(f.column for f in named if f.column in sample.columns))
    parts = [product.expression] if product else []
    if "order_id" not in roles and when.instant:
        # an order is the whole day: rows of another minute are counted apart
        parts.append(roles["ordered"].expression)
    if sample.explode:
        within = list(dict.fromkeys([*within, sample.explode]))
        parts.append(f"crc32({sample.explode})")
    draft.settings["repeats_within"] = Entry(
        within,
        "counts the rows with the same values of these as `occurrence`, in the order of the file",
    )
    why = (
        "no line number, and a product is there more than once in an order"
        if product
        else "no line number and no product"
    )
    value = f"concat_ws(' ', {', '.join([*parts, 'occurrence'])})" if parts else "occurrence"
    draft.mapping["line_id"] = Entry(value, f"{why}: counted")


def _repeats(fields: list[Field]) -> bool:
    rows = list(zip(*(f.values for f in fields), strict=True))
    return len({*rows}) < len(rows)


def _add_currency(draft: Draft, roles: Roles, answers: Answers) -> str:
    """The tenant's currency; a column of several is mapped, and then rates are needed."""
    field = roles.get("currency")
    names = Counter(v.upper() for v in not_empty(field.values)) if field else Counter()
    question = "In which currency does the shop count, such as EUR?"
    if len(names) == 1:
        answers.asked.add("currency")
        return answers.given.get("currency", next(iter(names)))
    if field and names:
        many = ", ".join(f"{name} ({count} rows)" for name, count in names.most_common(5))
        own = answers.choose(
            "currency",
            question,
            names.most_common(1)[0][0],
            f"amounts are in {many}; the others are converted to it",
        )
        draft.mapping["currency"] = Entry(
            field.expression, f"amounts in {many}; converted by the source `exchange_rates`"
        )
        return own
    texts = "".join(
        "".join(roles[r].values[:100]) for r in ("line_amount", "unit_price") if r in roles
    )
    seen = [code for symbol, code in SYMBOLS.items() if symbol in texts]
    if seen:
        answers.asked.add("currency")
        return answers.given.get("currency", seen[0])
    return answers.choose(
        "currency", question, UNKNOWN_CURRENCY, "no column and no symbol tells it"
    )


def _add_withdrawals(draft: Draft, roles: Roles) -> None:
    field = roles.get("status")
    values = (
        Counter(v for v in not_empty(field.values) if CANCELLED.search(v)) if field else Counter()
    )
    if not field or not values:
        return
    texts = ", ".join("'" + value.replace("'", "\\'") + "'" for value in sorted(values))
    other = Counter(not_empty(field.values)) - values
    rest = ", ".join(name for name, _ in other.most_common(5))
    draft.settings["deleted_when"] = Entry(
        f"{field.expression} in ({texts})",
        f"{sum(values.values())} rows withdraw their line, as if it had never been; the others are"
        f" {rest or 'none'}",
    )


def _add_share(draft: Draft, roles: Roles) -> None:
    """Rows without a customer are refused: when there are more than a table bears, the file would
    never be taken in.
    """
    default_share = TABLES[silver_order_lines.__name__].refused_share
    empty = roles["customer_id"].empty_share
    if empty > default_share:
        # some room above what was seen, on a round number
        share = min(1.0, math.ceil(empty * 10 + 0.5) / 10)
        why = (
            f"{empty:.1%} of the first {len(roles['customer_id'].values)} rows have no customer and"
            f" are quarantined; {default_share:g} is usual"
        )
        draft.settings["refused_share"] = Entry(share, why)
