"""A source as proposed: every setting with the reason why it is as it is."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from headwater.onboarding.sample import Sample
from settings.sources import Source


class Entry(NamedTuple):
    """A value and why."""

    value: Any
    why: str = ""


@dataclass
class Draft:
    """Settings and mapping of one source, each line with its reason, and what a person should know
    beside.
    """

    name: str
    sample: Sample
    settings: dict[str, Entry] = field(default_factory=dict)
    mapping: dict[str, Entry] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def source(self) -> Source:
        """The settings as the pipeline reads them."""
        return Source.model_validate(
            {
                **{k: e.value for k, e in self.settings.items()},
                "mapping": {k: e.value for k, e in self.mapping.items()},
            }
        )


def form_of(draft: Draft) -> None:
    """Settings that say how the file is written."""
    sample, dialect = draft.sample, draft.sample.dialect
    draft.settings["format"] = Entry(sample.format)
    draft.settings["delivery"] = Entry(
        "occasional", "`daily` once a file comes every day: a day without one is then an error"
    )
    if sample.format == "csv":
        values = dialect.model_dump(exclude_defaults=True)
        if "quote" in values or "escape" in values:
            values |= {"quote": dialect.quote, "escape": dialect.escape}
        why = "delimiter and quote as its first lines have them"
        if not dialect.header:
            why += "; no header: the columns are numbered in their order"
        if values:
            draft.settings["csv"] = Entry(values, why)
    draft.settings["columns"] = Entry(
        list(sample.columns), "every column of the file, mapped or not: bronze keeps them all"
    )
    if sample.explode:
        draft.settings["explode"] = Entry(
            sample.explode, "one row per element of this array; its text is a JSON object"
        )
