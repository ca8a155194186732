"""What shops call their columns: the words by which a delivered column is taken for a standard
one.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from jobs import ORDERS
from jobs.stages.declaring import reader_of
from lakehouse.contract.columns import column
from lakehouse.contract.mapping import TECHNICAL, required_columns
from lakehouse.contract.table import Table

# A column's own name and its synonyms in conf/columns.yml are looked for, in English, German,
# French, Spanish and Italian exports. The longest word wins, so that "unit price" is not "price".
OF_ID = ("id", "no", "nr", "number", "code", "key")
OF_DATE = ("date", "on", "at", "time", "day")
# the one date of an event needs no better name
ANY_DATE = "date, day, time, datetime, timestamp, datum, fecha, data"
ISO_CURRENCY = "ISO 4217"  # as conf/columns.yml has its unit
# Two roles of order lines stand for standard columns under other names, since what they become is
# for orders.py to find out: `ordered` is a date or an instant, and an amount is of the line or, as
# `unit_price` times quantity, of the unit.
LINE_ROLES = {"order_date": "ordered", "amount": "line_amount"}
# columns of order lines that orders.py or their table makes of the others
COMPUTED = {"ordered_at", "is_return", "exchange_rate"}
EXTRA_ROLES = {
    "unit_price": (
        "unit price, price per unit, item price, price each, price, einzelpreis, stuckpreis,"
        " stueckpreis, preis, prix unitaire, prix, precio, precio unitario, prezzo"
    ),
    "status": (
        "status, order status, state, order state, line status, cancelled, canceled, is cancelled,"
        " storno"
    ),
}
CANCELLED = re.compile(r"cancel|storn|void|annul|anulad|delet|withdrawn|rejected", re.I)

Kind = Literal["date", "number", "currency", "id", "text"]


@dataclass(frozen=True)
class Role:
    """What a delivered column can be: the words that say so, and what its values look like."""

    name: str
    kind: Kind
    words: frozenset[str]


def roles_for(source: str) -> dict[str, Role]:
    """The roles that the delivered columns of a source can have: the standard columns of the table
    that reads it.

    Those of order lines bear other names where `orders.py` makes several columns of one, or one of
    several.
    """
    table = reader_of(source)
    delivered = [name for name in table.columns if name not in (*TECHNICAL, "is_deleted")]
    if source != ORDERS:
        return {name: _role(name, name, source, table) for name in delivered}
    roles = {
        (alias := LINE_ROLES.get(name, name)): _role(alias, name, source, table)
        for name in delivered
        if name not in COMPUTED
    }
    kinds: dict[str, Kind] = {"unit_price": "number", "status": "text"}
    return roles | {
        name: Role(name, kinds[name], frozenset(words.split(", ")))
        for name, words in EXTRA_ROLES.items()
    }


def needed_for(source: str) -> list[str]:
    """The roles without which a source cannot be mapped; of order lines those that nothing else can
    stand for.
    """
    if source == ORDERS:
        return ["customer_id", "ordered"]
    return required_columns(reader_of(source))


def event_date_of(source: str) -> str:
    """The standard column that is the business day of an event; empty for an entity, which has
    none.
    """
    table = reader_of(source)
    return "" if table.slice_by in TECHNICAL else table.slice_by


def own_id(source: str) -> str:
    """The name of the column that numbers what a source delivers, were there one: of customers
    customer_id.
    """
    return f"{re.sub('ie$', 'y', source.removesuffix('s'))}_id"


def _role(name: str, standard: str, source: str, table: Table) -> Role:
    entry = column(standard)
    words = {standard.replace("_", " "), *entry.synonyms.split(", ")} - {""}
    kind: Kind = "text"
    if standard.endswith("_id"):
        stem, kind = standard.removesuffix("_id").replace("_", " "), "id"
        words |= {
            stem,
            *(f"{stem} {ending}" for ending in OF_ID),
            *(["id"] if standard == own_id(source) else []),
        }
    elif entry.type in ("date", "timestamp"):
        stem, kind = re.sub(r"_(date|on|at)$", "", standard).replace("_", " "), "date"
        words |= {f"{stem} {ending}" for ending in OF_DATE} | (
            {*ANY_DATE.split(", ")} if standard == table.slice_by else set()
        )
    elif entry.type not in ("string", "boolean"):
        kind = "number"
    elif entry.unit == ISO_CURRENCY:
        kind = "currency"
    return Role(name, kind, frozenset(words))


def words_of(text: str) -> str:
    """A column's name as plain lower-case words: `CustomerID`, `customer_id` and `CUSTOMER-ID` are
    "customer id".
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    plain = unicodedata.normalize("NFKD", split.casefold())
    return " ".join(
        re.findall(
            r"\w+", "".join(c for c in plain if not unicodedata.combining(c)).replace("_", " ")
        )
    )


def likeness(label: str, role: Role) -> int:
    """How well a name in plain words fits a role: the same words before words inside of it, and
    longer ones before shorter; 0 for none.
    """
    best = 0
    for phrase in role.words:
        if phrase == label:
            best = max(best, 1000 + len(phrase))
        elif phrase != "id" and f" {phrase} " in f" {label} ":
            best = max(best, len(phrase))
    return best
