"""A tenant's YAML file with a comment on every line that is not plain: why it is so, and what else
it could be.
"""

import textwrap
from collections.abc import Iterator

import yaml

from headwater.onboarding.draft import Draft, Entry
from headwater.onboarding.proposal import Proposal
from lakehouse.contract.expressions import parsed

WIDTH = 140  # as the rest of the repository
ALTERNATIVES = {
    "deleted_when": "status = 'cancelled'  # rows that withdraw their line",
    "refused_share": "0.05  # part of the rows that may be quarantined before the table fails",
    "promise": (
        '{by: "09:00", within_days: 2}  # when a delivery is due; from then on a missing one is an'
        " error"
    ),
}
RATES = """\
  # Rates are needed, since amounts are in several currencies. Deliver them, and take the marks off:
  # exchange_rates:
  #   format: csv
  #   delivery: occasional
  #   columns: [currency, rate_date, exchange_rate]
  #   event_date: rate_date
  #   mapping:
  #     currency: currency
  #     rate_date: rate_date  # the rate holds from this day on, until the next one
  #     exchange_rate: exchange_rate  # what one unit is worth in the tenant's currency
"""


def page_of(proposal: Proposal) -> str:
    """The text of `conf/tenants/NAME.yml`."""
    return "\n".join(
        [
            *_head(proposal),
            "sources:",
            *(line for draft in proposal.drafts for line in _source(draft)),
            *_rates(proposal),
            "",
        ]
    )


def _head(proposal: Proposal) -> Iterator[str]:
    yield from _comment(
        f"{proposal.name}, as `headwater tenant new` proposed it. Every line is yours to change:"
        " docs/bring-your-own-data.md says what else there is, and `headwater tenant check"
        f" {proposal.name}` tries it.",
        "",
    )
    for doubt in proposal.doubts:
        yield from _comment(
            f"Assumed, since nobody was asked: {doubt.key} = {doubt.assumed} ({doubt.why}).", ""
        )
    for note in proposal.notes:
        yield from _comment(f"Seen: {note}.", "")
    for key, entry in proposal.settings.items():
        yield from _line(key, entry, "")


def _source(draft: Draft) -> Iterator[str]:
    yield f"  {draft.name}:"
    for key, entry in draft.settings.items():
        yield from _line(key, entry, "    ")
    used = [parsed(str(entry.value)) for entry in draft.mapping.values()]
    unused = [
        column
        for column in draft.sample.columns
        if not any(expression.reads(column) for expression in used)
    ]
    if unused:
        yield from _comment(f"Delivered and not mapped: {', '.join(unused)}.", "    ")
    if draft.name == "orders":
        yield from (
            f"    # {key}: {alternative}"
            for key, alternative in ALTERNATIVES.items()
            if key not in draft.settings
        )
    yield "    mapping:"
    for key, entry in draft.mapping.items():
        yield from _line(key, entry, "      ")


def _rates(proposal: Proposal) -> list[str]:
    names = {draft.name for draft in proposal.drafts}
    return (
        RATES.rstrip().splitlines()
        if "currency" in proposal.drafts[0].mapping and "exchange_rates" not in names
        else []
    )


def _line(key: str, entry: Entry, indent: str) -> Iterator[str]:
    text = f"{indent}{key}: {_value(entry.value)}"
    if isinstance(entry.value, list) and len(text) > WIDTH:
        text = "\n".join(
            textwrap.wrap(
                text,
                WIDTH,
                subsequent_indent=f"{indent}  ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        )
    why = _plain(entry.why)
    if not why:
        yield text
    elif len(text) + len(why) + 4 <= WIDTH:
        yield f"{text}  # {why}"
    else:
        yield from _comment(why, indent)
        yield text


def _value(value: object) -> str:
    text = yaml.safe_dump(
        value, default_flow_style=True, width=10**6, allow_unicode=True, sort_keys=False
    )
    return text.removesuffix("...\n").strip()


def _comment(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        _plain(text),
        WIDTH - len(indent) - 2,
        initial_indent=f"{indent}# ",
        subsequent_indent=f"{indent}# ",
        break_long_words=False,
    )


def _plain(text: str) -> str:
    """Without line breaks and other characters that end a comment or cannot be printed."""
    return "".join(c if c.isprintable() else " " for c in text)
