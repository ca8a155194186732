"""Which delivered column is which: by its name, by what its values look like, or by an answer."""

from collections.abc import Iterable

from headwater.onboarding.answers import Answers
from headwater.onboarding.sample import Field, Sample
from headwater.onboarding.shapes import are_dates, are_numbers
from headwater.onboarding.words import Role, likeness, needed_for, roles_for
from jobs import ORDERS

ABSENT = "none"
SAID = {"ordered": "date of the order", "line_amount": "amount", "unit_price": "price of a unit"}
Roles = dict[str, Field]


def roles_of(sample: Sample, source: str, answers: Answers, *, needed: bool = True) -> Roles:
    """The field of each role that has one.

    Raises:
        Unanswered: a role that is needed (unless told not to ask) has no field, and nothing can be
            guessed.
    """
    roles = roles_for(source)
    fields = _told(sample, source, roles, answers)
    settled = {role for role in roles if key_of(source, role) in answers.given}
    fields |= _named(sample, [role for name, role in roles.items() if name not in settled], fields)
    if source == ORDERS:
        fields |= _guessed(sample, fields, settled, answers)
    for role in needed_for(source) if needed else ():
        if role not in fields:
            fields[role] = _asked(sample, source, role, fields, answers)
    return fields


def key_of(source: str, role: str) -> str:
    """Under which name an answer is given: `customer_id` for orders, `products.product_id` for the
    rest; `currency` is the shop's own.
    """
    if (source, role) == (ORDERS, "currency"):
        return "currency_column"
    return role if source == ORDERS else f"{source}.{role}"


def _told(sample: Sample, source: str, roles: Iterable[str], answers: Answers) -> Roles:
    fields: Roles = {}
    choices = tuple(dict.fromkeys(name_of(f) for f in sample.fields))
    for role in roles:
        key = key_of(source, role)
        answers.asked.add(key)
        if key in answers.given:
            name = answers.choose(
                key, f"Which column is the {SAID.get(role, role)}?", None, "", (*choices, ABSENT)
            )
            fields |= (
                dict.fromkeys([role], next(f for f in sample.fields if name_of(f) == name))
                if name != ABSENT
                else {}
            )
    return fields


def name_of(field: Field) -> str:
    """What a person calls the field: the column, or the path inside of its JSON."""
    path = field.expression.partition("'$.")[2].rstrip("')")
    return f"{field.column}.{path}" if path else field.column


def _named(sample: Sample, roles: list[Role], taken: Roles) -> Roles:
    """The best pairs of role and name first; each role and each field once."""
    pairs = [
        (likeness(label, role), -number, role.name)
        for number, field in enumerate(sample.fields)
        for role in roles
        for label in field.labels
        if field not in taken.values() and _fits(field, role)
    ]
    fields: Roles = {}
    for score, number, role in sorted(pairs, reverse=True):
        field = sample.fields[-number]
        if score and role not in fields and field not in fields.values():
            fields[role] = field
    return fields


def _fits(field: Field, role: Role) -> bool:
    """Whether the values can be of the role; an empty column can be anything but what the rest
    hangs on.
    """
    if role.kind == "date":
        return are_dates(field.distinct, named=True)
    if role.kind == "number":
        return are_numbers(field.distinct)
    if role.kind == "currency":
        return all(len(value) == 3 and value.isalpha() for value in field.distinct)
    return role.kind != "id" or not are_dates(field.distinct)


def _guessed(sample: Sample, fields: Roles, settled: set[str], answers: Answers) -> Roles:
    """A date by its values; where there are no names at all, the rest too: an order has one date
    and one customer.
    """
    free = [f for f in sample.fields if f not in fields.values()]
    guess: Roles = {}
    if (
        "ordered" not in fields
        and "ordered" not in settled
        and (dates := [f for f in free if are_dates(f.distinct, named=len(f.values) > 1)])
    ):
        guess["ordered"] = _confirmed("ordered", dates[0], dates, answers)
    if (
        "quantity" not in fields
        and "quantity" not in settled
        and {"line_amount", "unit_price"} & {*fields}
    ):
        # such as AMOUNT beside SALES_PRICE in Ta-Feng
        amount = roles_for(ORDERS)["line_amount"]
        counts = [
            f
            for f in free
            if f not in guess.values()
            and _is_count(f)
            and any(likeness(n, amount) for n in f.labels)
        ]
        guess |= {"quantity": _confirmed("quantity", counts[0], counts, answers)} if counts else {}
    if not any(label for field in sample.fields for label in field.labels):
        guess |= _nameless(
            [f for f in free if f not in guess.values()], fields | guess, settled, answers
        )
    return guess


def _nameless(free: list[Field], assigned: Roles, settled: set[str], answers: Answers) -> Roles:
    guess: Roles = {}
    when = assigned.get("ordered")
    numbers = [f for f in free if are_numbers(f.distinct)]
    amounts = [f for f in numbers if any(c in v for v in f.distinct for c in ".,")]
    counts = [f for f in numbers if f not in amounts and _is_count(f)]
    texts = [f for f in free if f not in amounts and f not in counts]
    orders = [f for f in texts if when and _decides(f, when) and _repeats(f)]
    ranked: dict[str, list[Field]] = {
        "line_amount": amounts,
        "quantity": counts,
        "order_id": sorted(orders, key=_distinct, reverse=True),
        "customer_id": [
            f for f in texts if f not in orders[:1] and all(_decides(o, f) for o in orders[:1])
        ],
        "product_id": sorted(texts, key=_distinct, reverse=True),
    }
    for role, fields in ranked.items():
        left = [f for f in fields if f not in guess.values()]
        if left and role not in assigned and role not in settled:
            guess[role] = _confirmed(
                role, left[0], [f for f in free if f not in guess.values()], answers
            )
    return guess


def _is_count(field: Field) -> bool:
    """Whole numbers of up to three digits, as quantities are; longer ones are ids."""
    return all(
        value.lstrip("-").isdecimal() and len(value.lstrip("-")) <= 3 for value in field.distinct
    )


def _confirmed(role: str, field: Field, choices: Iterable[Field], answers: Answers) -> Field:
    names = tuple(name_of(f) for f in choices)
    question = (
        f"Which column is the {SAID.get(role, role)}? '{field.example}' of {name_of(field)} may be"
        " one."
    )
    answers.choose(role, question, name_of(field), "taken for it by its values", (*names, ABSENT))
    return field


def _asked(sample: Sample, source: str, role: str, fields: Roles, answers: Answers) -> Field:
    free = tuple(name_of(f) for f in sample.fields if f not in fields.values())
    question = f"Which column of {source} is the {SAID.get(role, role)}?"
    name = answers.choose(
        key_of(source, role),
        question,
        None,
        f"None of {', '.join(sample.columns)} is called so",
        free,
    )
    return next(f for f in sample.fields if name_of(f) == name)


def _decides(field: Field, other: Field) -> bool:
    pairs = dict(zip(field.values, other.values, strict=True))
    return all(pairs[a] == b for a, b in zip(field.values, other.values, strict=True))


def _repeats(field: Field) -> bool:
    return _distinct(field) < len(field.values)


def _distinct(field: Field) -> int:
    return len({*field.values})
