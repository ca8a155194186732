"""A shop's settings as its files suggest them, each line with its reason, and the questions they
leave open.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from headwater.onboarding.answers import Answers, Doubt
from headwater.onboarding.dates import Dates
from headwater.onboarding.draft import Draft, Entry
from headwater.onboarding.fetching import SampleError
from headwater.onboarding.orders import UNKNOWN_CURRENCY, orders_of
from headwater.onboarding.others import may_be_told_by_orders, source_of, told_by_orders
from headwater.onboarding.sample import Sample, looked_at
from jobs import ORDERS
from jobs.stages.declaring import declared_sources
from lakehouse.store import ops

Files = dict[str, list[Path]]


@dataclass
class Proposal:
    """A tenant's file to be, its sources, what is assumed, and the arrival day of its first
    deliveries.
    """

    name: str
    settings: dict[str, Entry]
    drafts: list[Draft]
    arrived_on: date
    doubts: list[Doubt] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def samples_of(files: Files, answers: dict[str, str]) -> dict[str, Sample]:
    """The first file of every source, looked at once."""
    return {
        name: looked_at(paths[0], name, answers.get(f"{name}.encoding"))
        for name, paths in files.items()
    }


def propose(
    name: str,
    files: Files,
    samples: dict[str, Sample],
    given: dict[str, str],
    arrived_on: date | None = None,
) -> Proposal:
    """What a shop's files suggest; the same for the same files and answers.

    Raises:
        SampleError: no date can be read, or something is needed that nothing can be assumed for.
        UnknownAnswer: an answer to nothing that is asked.
    """
    answers = Answers(given)
    for source, sample in samples.items():
        _ask_encoding(source, sample, answers)
    orders, when, currency = orders_of(samples["orders"], answers)
    days = _days(files["orders"], samples["orders"], when)
    drafts = [orders]
    from_orders = [source for source in declared_sources() if may_be_told_by_orders(source, orders)]
    for source in from_orders:
        draft = (
            source_of(source, samples[source], answers)
            if source in samples
            else told_by_orders(source, orders, answers)
        )
        drafts += [draft] if draft else []
    drafts += [
        source_of(source, sample, answers)
        for source, sample in samples.items()
        if source not in (ORDERS, *from_orders)
    ]
    answers.refuse_unused()
    settings = _settings(when, currency, min(days), files["orders"][0].name)
    last = min(max(days), ops.now().date())
    notes = [note for draft in drafts for note in draft.notes] + _rates_needed(drafts)
    return Proposal(
        name, settings, drafts, arrived_on or last, list(answers.doubts.values()), notes
    )


def _settings(when: Dates, currency: str, first_day: date, file_name: str) -> dict[str, Entry]:
    """The settings of the tenant itself, apart from those of its sources."""
    return {
        "zone": Entry(
            when.zone,
            (
                "business days are those of this zone"
                if when.instant
                else "no time of the day is delivered: no zone matters"
            ),
        ),
        "currency": Entry(
            currency,
            (
                "no currency: say which, such as EUR"
                if currency == UNKNOWN_CURRENCY
                else "amounts are in it, or converted to it"
            ),
        ),
        "first_day": Entry(
            first_day, "the first business day of the file: nothing is learned of days before"
        ),
        "source_note": Entry(f"Proposed by headwater tenant new from {file_name}."),
    }


def _ask_encoding(source: str, sample: Sample, answers: Answers) -> None:
    key, encoding = f"{source}.encoding", sample.dialect.encoding
    answers.asked.add(key)
    if sample.unsure_encoding:
        foreign = next((v for v in _texts(sample) if not v.isascii()), "")
        question = (
            f"Which encoding is {sample.path.name} in? Read as {encoding} it says '{foreign[:40]}'."
        )
        answers.choose(key, question, encoding, "it is not UTF-8")


def _texts(sample: Sample) -> Iterable[str]:
    yield from sample.columns
    for column in sample.fields:
        yield from column.values


def _days(files: list[Path], sample: Sample, when: Dates) -> list[date]:
    """Every business day of the files, read to their ends."""
    ordered, texts = when.field, dict[str, None]()
    for path in files:
        lines = (
            replace(sample, path=path)
            if sample.format == "csv"
            else (sample if path == sample.path else looked_at(path, "orders"))
        )
        texts.update(
            dict.fromkeys(
                lines.whole(next(f for f in lines.fields if f.expression == ordered.expression))
            )
        )
    days = {day for text in texts if (day := when.day_in(text))}
    if not days:
        raise SampleError(
            f"{files[0]}: no value of {ordered.column} is a date, such as '{ordered.example}'. Say"
            " which column is: --answer ordered="
        )
    return sorted(days)


def _rates_needed(drafts: list[Draft]) -> list[str]:
    if "currency" not in drafts[0].mapping or any(d.name == "exchange_rates" for d in drafts):
        return []
    return [
        "amounts are in several currencies: a source `exchange_rates` is needed (--exchange-rates"
        " FILE with currency, date and rate); until then rows in other currencies are quarantined"
    ]
