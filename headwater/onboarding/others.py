"""Every other source as proposed: standard columns by name, dates by their values; customers and
products that order lines tell of.
"""

from headwater.onboarding.amounts import written
from headwater.onboarding.answers import Answers
from headwater.onboarding.dates import dates_of
from headwater.onboarding.draft import Draft, Entry, form_of
from headwater.onboarding.roles import roles_of
from headwater.onboarding.sample import Field, Sample, quoted
from headwater.onboarding.words import event_date_of, needed_for, own_id, roles_for
from lakehouse.contract.columns import column
from lakehouse.contract.expressions import parsed
from lakehouse.contract.table import CLASSES


def source_of(name: str, sample: Sample, answers: Answers) -> Draft:
    """The source as proposed; a column that no standard one fits stays in bronze."""
    draft = Draft(name, sample)
    form_of(draft)
    roles = roles_of(sample, name, answers)
    if event_date := event_date_of(name):
        draft.settings["event_date"] = Entry(event_date, "the day a row is of; it may come later")
    for role in roles_for(name).values():
        if role.name not in roles:
            continue
        field = roles[role.name]
        if role.kind == "date":
            dates = dates_of(sample, field, f"{name}.{role.name}", answers)
            is_instant = column(role.name).type == "timestamp" and dates.instant
            draft.mapping[role.name] = Entry(dates.instant if is_instant else dates.day, dates.why)
        elif role.kind == "number":
            how, reason = written(field, answers)
            draft.mapping[role.name] = Entry(
                how.expression(field.expression), f"as in '{field.example}'{reason}"
            )
        else:
            draft.mapping[role.name] = _as_delivered(field, role.name)
    return draft


def may_be_told_by_orders(source: str, orders: Draft) -> bool:
    """Whether order lines can describe the entities of a source: they are known by one id, which
    the lines have.
    """
    return needed_for(source) == [own_id(source)] and own_id(source) in orders.mapping


def told_by_orders(name: str, orders: Draft, answers: Answers) -> Draft | None:
    """Customers or products that the order lines describe themselves: a source over the same files;
    None when they do not.
    """
    key = own_id(name)
    if orders.sample.explode:
        return None
    taken = {field.expression for field in orders.sample.fields if _is_taken(field, orders)}
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
            draft.mapping[role] = _as_delivered(field, role)
    return draft if len(draft.mapping) > 1 else None


def _is_taken(field: Field, orders: Draft) -> bool:
    """Whether a standard column is made of the field: of the column, or of the same path inside of
    its JSON.
    """
    if field.expression == quoted(field.column):
        return any(
            parsed(str(entry.value)).reads(field.column) for entry in orders.mapping.values()
        )
    return any(field.expression in str(entry.value) for entry in orders.mapping.values())


def _as_delivered(field: Field, standard: str) -> Entry:
    """An empty text is no value; what is of a person is not shown in a file that others read."""
    return Entry(
        field.present, f"as in '{field.example}'" if column(standard).privacy == CLASSES[0] else ""
    )
