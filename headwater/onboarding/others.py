"""Every other source as proposed: standard columns by name, dates by their values; customers and
products that order lines tell of.
"""

from headwater.onboarding.amounts import written
from headwater.onboarding.answers import Answers
from headwater.onboarding.dates import dates_of
from headwater.onboarding.draft import Draft, Entry, form_of
from headwater.onboarding.roles import roles_of
from headwater.onboarding.sample import Field, Sample
from headwater.onboarding.words import DATES, NUMBERS, WORDS

EVENT_DATES = {
    "promotions": "promotion_week",
    "redemptions": "redemption_date",
    "exchange_rates": "rate_date",
}


def source_of(name: str, sample: Sample, answers: Answers) -> Draft:
    """The source as proposed; a column that no standard one fits stays in bronze."""
    draft = Draft(name, sample)
    form_of(draft)
    roles = roles_of(sample, name, answers)
    if name in EVENT_DATES:
        draft.settings["event_date"] = Entry(
            EVENT_DATES[name], "the day a row is of; it may come later"
        )
    for role in WORDS[name]:
        if role not in roles:
            continue
        field, key = roles[role], f"{name}.{role}"
        if role in DATES:
            dates = dates_of(sample, field, key, answers)
            draft.mapping[role] = Entry(dates.day, dates.why)
        elif role in NUMBERS:
            how, reason = written(field, answers)
            draft.mapping[role] = Entry(
                how.expression(field.expression), f"as in '{field.example}'{reason}"
            )
        else:
            draft.mapping[role] = _as_delivered(field, name)
    return draft


def told_by_orders(name: str, orders: Draft, answers: Answers) -> Draft | None:
    """Customers or products that the order lines describe themselves: a source over the same files;
    None when they do not.
    """
    key = f"{name.removesuffix('s')}_id"
    if key not in orders.mapping or orders.sample.explode:
        return None
    taken = {
        field.expression
        for field in orders.sample.fields
        if any(field.expression in str(e.value) for e in orders.mapping.values())
    }
    draft = Draft(name, orders.sample)
    form_of(draft)
    draft.settings = {
        "folder": Entry(
            "orders", f"the order lines tell of {name} themselves: the same files, read twice"
        ),
        **draft.settings,
    }
    draft.settings |= {k: orders.settings[k] for k in ("csv",) if k in orders.settings}
    settled = Answers({k: v for k, v in answers.given.items() if k.startswith(f"{name}.")})
    draft.mapping[key] = orders.mapping[key]
    roles = roles_of(orders.sample, name, settled, needed=False)
    answers.asked |= settled.asked
    for role, field in roles.items():
        if role != key and field.expression not in taken:
            draft.mapping[role] = _as_delivered(field, name)
    return draft if len(draft.mapping) > 1 else None


def _as_delivered(field: Field, source: str) -> Entry:
    """An empty text is no value; what describes a person is not shown in a file that others
    read.
    """
    return Entry(
        field.present, f"as in '{field.example}'" if source in ("products", "coupons") else ""
    )
