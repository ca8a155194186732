"""What a line brought in: per unit or per line, and how returns are written; by the values where
the names leave it open.
"""

from typing import Literal

from headwater.onboarding.answers import Answers
from headwater.onboarding.draft import Draft, Entry
from headwater.onboarding.roles import Roles
from headwater.onboarding.sample import Field
from headwater.onboarding.shapes import Amounts, amounts_of, is_number, not_empty, number

Way = Literal["unit", "line"]
# of the products: 2 % dissent in the first 50,000 lines of complete_journey, read either way, and
# none in Ta-Feng
DISSENT = 0.1
CENT = 0.011  # what rounding may make of a price: amounts are written in cents
OF_UNIT = {"unit", "each", "per", "einzelpreis", "stuckpreis", "stueckpreis"}
OF_LINE = {
    "total",
    "line",
    "sales",
    "revenue",
    "umsatz",
    "spend",
    "extended",
    "gesamt",
    "gesamtpreis",
    "summe",
    "paid",
}
DECIMAL = "decimal(18,4)"  # as conf/columns.yml has amounts and quantities


def add_amounts(draft: Draft, roles: Roles, answers: Answers) -> None:
    """Map quantity, amount, discounts and returns.

    Raises:
        Unanswered: no column is an amount.
    """
    if not ({"line_amount", "unit_price"} & {*roles}):
        free = tuple(f.column for f in draft.sample.fields if f not in roles.values())
        name = answers.choose(
            "line_amount", "Which column is the amount?", None, "None is called so", free
        )
        roles["line_amount"] = next(f for f in draft.sample.fields if f.column == name)
    way, why = _way(roles, answers)
    paid = (
        roles.get("unit_price" if way == "unit" else "line_amount")
        or roles.get("line_amount")
        or roles["unit_price"]
    )
    how, reason = written(paid, answers)
    quantity = roles.get("quantity")
    amount = how.expression(paid.expression)
    units = written(quantity, answers)[0].expression(quantity.expression) if quantity else None
    back = _returns(draft, paid, how, quantity)
    if units:
        turned = f"if({_negative(amount)}, -abs({_decimal(units)}), {_decimal(units)})"
        draft.mapping["quantity"] = Entry(
            turned if back == "amount" else units,
            "units; a return takes them back" if back == "amount" else "units",
        )
    if way == "unit" and units:
        value = f"{_decimal(units)} * {_decimal(amount)}"
    elif back == "quantity" and units:
        value = f"if({_negative(units)}, -abs({_decimal(amount)}), {_decimal(amount)})"
    else:
        value = amount
    draft.mapping["amount"] = Entry(value, f"{why}{reason}")
    _add_returns(draft, back, amount, units)
    for role in ("discount", "coupon_discount"):
        if role in roles:
            _add_discount(draft, role, roles[role], answers)


def _way(roles: Roles, answers: Answers) -> tuple[Way, str]:
    unit, line, quantity = roles.get("unit_price"), roles.get("line_amount"), roles.get("quantity")
    if quantity is None:
        return "line", "per line: there is no quantity"
    if unit and line:
        return (
            "line",
            (
                f"per line; {unit.column} is the price of a unit: it is also {unit.column} times"
                f" {quantity.column}"
            ),
        )
    paid = unit or line
    assert paid is not None
    way, why = _by_name_and_values(
        paid, "unit" if unit else "line", votes(paid, quantity, roles.get("product_id")), answers
    )
    if way == "unit":
        return (
            "unit",
            (
                f"{paid.column} is the price of a unit ({why}); were it per line, this would be"
                f" {paid.column} alone"
            ),
        )
    return "line", f"per line ({why}); were it per unit, this would be times {quantity.column}"


def _by_name_and_values(
    paid: Field, first_guess: Way, votes_of: tuple[int, int], answers: Answers
) -> tuple[str, str]:
    """Whether the column is per unit or per line, and why; asked where its name and its values
    disagree.
    """
    named = _by_name(paid)
    of_unit, of_line = votes_of
    seen: Way | None = None if of_unit == of_line else ("unit" if of_unit > of_line else "line")
    told_by = (
        f"of products sold in different quantities {of_unit} kept the value (a price) and {of_line}"
        " grew with it (a line)"
    )
    assumed = seen or named or first_guess
    if (
        named == seen
        or (named and seen is None)
        or (seen and named is None and min(of_unit, of_line) <= DISSENT * max(of_unit, of_line))
    ):
        why = told_by if named != seen or seen is None else f"by its name and its values: {told_by}"
        answers.asked.add("amount_is_per")
        way = answers.given.get("amount_is_per", assumed)
        return way, "by its name" if seen is None and named else why
    return (
        answers.choose(
            "amount_is_per",
            f"Is {paid.column} per unit or per line?",
            assumed,
            told_by,
            ("unit", "line"),
        ),
        told_by,
    )


def _by_name(field: Field) -> Way | None:
    words = {word for label in field.labels for word in label.split()}
    if words & OF_UNIT:
        return "unit"
    return "line" if words & OF_LINE else None


def votes(paid: Field, quantity: Field, product: Field | None) -> tuple[int, int]:
    """How many products, sold in different quantities, kept their value, and how many had it grow
    with the quantity.
    """
    if product is None:
        return 0, 0
    how, units = amounts_of(paid.values), amounts_of(quantity.values)
    seen: dict[str, tuple[float, float]] = {}
    counted: dict[str, tuple[int, int]] = {}
    for name, text, count in zip(product.values, paid.values, quantity.values, strict=True):
        value, of = number(text, how), number(count, units)
        if not name or not value or not of or of < 0:
            continue
        first, first_of = seen.setdefault(name, (value, of))
        if of != first_of:
            unit, line = counted.get(name, (0, 0))
            same, grown = abs(value - first) <= CENT, abs(value / of - first / first_of) <= CENT
            counted[name] = (unit + (same and not grown), line + (grown and not same))
    return sum(unit > line for unit, line in counted.values()), sum(
        line > unit for unit, line in counted.values()
    )


def written(field: Field, answers: Answers) -> tuple[Amounts, str]:
    """How the numbers are written, and a word on it where it is not plain."""
    how = amounts_of(field.values)
    if how.decimal is None:
        example = next(v for v in not_empty(field.values) if "," in v or "." in v)
        # 500 beside 1,234: thousands
        mixed = any(is_number(v) and "," not in v and "." not in v for v in not_empty(field.values))
        assumed = "point" if ("." in example) != mixed else "comma"
        question = f"'{example}' in {field.column}: is the decimal mark a point or a comma?"
        why = "three digits follow in every value" + (
            ", and some values have none" if mixed else ""
        )
        mark = answers.choose("decimal_mark", question, assumed, why, ("point", "comma"))
        other = "".join(c for c in how.dropped if c not in ".,") + ("," if mark == "point" else ".")
        how = Amounts("." if mark == "point" else ",", other)
    answers.asked.add("decimal_mark")
    note = f"; decimal comma, as in '{field.example}'" if how.decimal == "," else ""
    return how, note or (
        f"; without {how.dropped!r}, as in '{field.example}'" if how.dropped else ""
    )


def _returns(draft: Draft, paid: Field, how: Amounts, quantity: Field | None) -> str | None:
    """Which of quantity and amount are negative in the same rows: `both`, `quantity`, `amount`, or
    None for no returns.
    """
    units = quantity.values if quantity else ("1",) * len(paid.values)
    of = amounts_of(units)
    rows = [
        (number(q, of) or 0.0, number(a, how) or 0.0)
        for q, a in zip(units, paid.values, strict=True)
    ]
    fewer, less = [a for q, a in rows if q < 0], [q for q, a in rows if a < 0]
    if fewer:
        draft.notes.append(f"{len(fewer)} of {len(rows)} rows have a negative quantity: returns")
        return "both" if any(a < 0 for a in fewer) else "quantity"
    if less:
        draft.notes.append(f"{len(less)} of {len(rows)} rows have a negative amount: returns")
        return "amount"
    return None


def _add_returns(draft: Draft, back: str | None, amount: str, units: str | None) -> None:
    if back is None:
        return
    signs = [_negative(units)] if units and back != "amount" else []
    signs += [_negative(amount)] if back != "quantity" else []
    why = (
        "a return has a negative quantity"
        if back == "quantity"
        else "a return has a negative " + ("amount" if back == "amount" else "quantity and amount")
    )
    draft.mapping["is_return"] = Entry(
        f"coalesce({' or '.join(signs)}, false)",
        f"{why}; without this line such rows are quarantined",
    )


def _add_discount(draft: Draft, role: str, field: Field, answers: Answers) -> None:
    how, reason = written(field, answers)
    values = [v for text in field.values if (v := number(text, how))]
    negative = sum(v < 0 for v in values) > sum(v > 0 for v in values)
    value = how.expression(field.expression)
    why = "what was granted" + (", delivered as a negative number" if negative else "") + reason
    draft.mapping[role] = Entry(f"-{_decimal(value)}" if negative else value, why)


def _decimal(expression: str) -> str:
    return f"try_cast({expression} as {DECIMAL})"


def _negative(expression: str) -> str:
    return f"{_decimal(expression)} < 0"
