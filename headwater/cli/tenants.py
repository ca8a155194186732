"""A new shop from its files, and a look at what an old one delivers."""

import sys
import tempfile
from contextlib import redirect_stdout
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from headwater.cli.front import Format, commands, console, show_rows
from headwater.cli.source_options import WithSourceOptions, given_files
from jobs import ORDERS
from jobs.main import day
from lakehouse.contract.layers import BRONZE, stages_again
from settings.model import Settings, load_settings
from settings.places import absolute, own_conf_folder

if TYPE_CHECKING:
    from headwater.onboarding.proposal import Files, Proposal
    from headwater.onboarding.rehearsal import Rehearsal

tenant_app = commands(
    "tenant", "A new shop from its files, and what would become of its newest deliveries."
)

NAME = Annotated[str, typer.Argument(help="Of the shop: small letters, digits and underscores.")]


@tenant_app.command(cls=WithSourceOptions)
def new(
    context: typer.Context,
    name: NAME,
    orders: Annotated[
        list[str],
        typer.Option(
            help="Order lines: CSV, JSON or Parquet, packed or not; file or URL, once per file."
        ),
    ],
    answer: Annotated[
        list[str] | None,
        typer.Option(help="KEY=VALUE: answers a question beforehand; once per answer."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing, and say what is assumed.")
    ] = False,
    force: Annotated[
        bool, typer.Option(help="Replace the tenant's file and deliveries of the same name.")
    ] = False,
    arrived_on: Annotated[
        str | None,
        typer.Option(help="Arrival day of the files; the last business day in them unless told."),
    ] = None,
    attempt: Annotated[
        bool, typer.Option("--try/--no-try", help="Try the mapping on the first rows, with Spark.")
    ] = True,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show what would be written and landed, try it, and write nothing."
        ),
    ] = False,
) -> None:
    """Propose a tenant from samples of its files, write its YAML file with reasons, land the files,
    and try the mapping.
    """
    from headwater.onboarding.fetching import fetched  # noqa: PLC0415
    from headwater.onboarding.settling import refuse_name  # noqa: PLC0415

    path = own_conf_folder() / "tenants" / f"{name}.yml"
    refuse_name(name, path, force=force)
    named = {ORDERS: orders, **given_files(context)}
    with tempfile.TemporaryDirectory() as scratch:
        work = (Path(scratch) if dry_run else absolute(Path("data/work")) / name) / "incoming"
        files = {
            source: [fetched(place, work / source) for place in places]
            for source, places in named.items()
        }
        proposal = _settled(name, files, _answers(answer or []), yes=yes, arrived_on=arrived_on)
        if dry_run:
            _shown(proposal, files, path, Path(scratch), force=force, attempt=attempt)
        else:
            _made(proposal, files, path, force=force, attempt=attempt)


@tenant_app.command()
def check(name: NAME) -> None:
    """Try the mapping on the newest deliveries of every source; exit code 1 when a run would refuse
    them.
    """
    rehearsals = _rehearsed(load_settings(name))
    _show(rehearsals)
    raise typer.Exit(1 if any(rehearsal.wrong for rehearsal in rehearsals) else 0)


def _made(proposal: "Proposal", files: "Files", path: Path, *, force: bool, attempt: bool) -> None:
    """Write the tenant's file, land its files and try them."""
    from headwater.onboarding.settling import landed, written  # noqa: PLC0415

    written(proposal, path)
    settings = load_settings(proposal.name)
    print(f"Written: {path}")
    for place in landed(settings, proposal, files, force=force):
        print(f"Landed: {place}")
    _say(proposal)
    if attempt:
        _show(_rehearsed(settings))
    last = proposal.arrived_on + timedelta(days=1)
    console.print("Next:", style="bold")
    stages = " ".join(stages_again(BRONZE.stage))
    print(
        f"  headwater run {stages} --tenant {proposal.name} --start {proposal.arrived_on} --end"
        f" {last}"
    )


def _shown(
    proposal: "Proposal", files: "Files", path: Path, scratch: Path, *, force: bool, attempt: bool
) -> None:
    """The same without a trace: what is written lies in `scratch`."""
    from headwater.onboarding.page import page_of  # noqa: PLC0415
    from headwater.onboarding.settling import landed_beside, places, settings_of  # noqa: PLC0415

    settings = settings_of(proposal, scratch)
    pairs = places(settings, proposal, files, force=force)
    print(f"Would be written: {path}\n\n{page_of(proposal)}")
    for _, place in pairs:
        print(f"Would be landed: {place}")
    _say(proposal)
    if attempt:
        _show(_rehearsed(landed_beside(settings, proposal, files, scratch)))
    print("Nothing was written. Without --dry-run it is")


def _answers(texts: list[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in texts]
    wrong = [
        text
        for text, (key, mark, value) in zip(texts, pairs, strict=True)
        if not (key and mark and value)
    ]
    if wrong:
        raise ValueError(
            f"--answer {wrong[0]}: it is KEY=VALUE, such as --answer zone=Europe/Berlin"
        )
    return {key: value for key, _, value in pairs}


def _settled(
    name: str, files: "Files", answers: dict[str, str], *, yes: bool, arrived_on: str | None
) -> "Proposal":
    """Propose; ask the first open question; propose again, since an answer may change what is asked
    next.
    """
    from headwater.onboarding.answers import Unanswered  # noqa: PLC0415
    from headwater.onboarding.proposal import propose, samples_of  # noqa: PLC0415

    samples, arrival = samples_of(files, answers), day(arrived_on) if arrived_on else None
    while True:
        try:
            proposal = propose(name, files, samples, answers, arrival)
            open_ = proposal.doubts
        except Unanswered as error:
            if yes:
                raise
            open_ = [error.doubt]
        if yes or not open_:
            return proposal
        doubt = open_[0]
        console.print(
            f"{doubt.question} ({doubt.why})"
            + (f" One of: {', '.join(doubt.choices)}" if doubt.choices else ""),
            highlight=False,
        )
        answers = {**answers, doubt.key: typer.prompt(doubt.key, default=doubt.assumed or None)}
        if doubt.key.endswith(".encoding"):
            samples = samples_of(files, answers)


def _rehearsed(settings: Settings) -> "list[Rehearsal]":
    from headwater.onboarding.rehearsal import rehearse  # noqa: PLC0415

    with redirect_stdout(sys.stderr):
        return rehearse(settings)


def _say(proposal: "Proposal") -> None:
    for doubt in proposal.doubts:
        print(
            f"Assumed: {doubt.key} = {doubt.assumed} ({doubt.why}). Other: --answer {doubt.key}=..."
            " --force"
        )
    for note in proposal.notes:
        print(f"Seen: {note}")


def _show(rehearsals: "list[Rehearsal]") -> None:
    for rehearsal in rehearsals:
        of = f", first {sum(rehearsal.states.values()):,} rows" if rehearsal.is_cut else ""
        console.print(
            f"{rehearsal.source} of {rehearsal.day or 'no day'}{of}", style="bold", highlight=False
        )
        if len(rehearsal.first):
            show_rows(rehearsal.first, Format.TABLE)
        if rehearsal.states:
            print(
                "  "
                + ", ".join(
                    f"{count:,} {state}" for state, count in sorted(rehearsal.states.items())
                )
            )
        for refusal in rehearsal.refusals:
            rows = f"{refusal.rows:,} row{'s' if refusal.rows > 1 else ''}"
            print(
                f"  quarantined: {rows}, such as {refusal.file} line {refusal.line}:"
                f" {refusal.sentence}"
            )
        for sentence in rehearsal.warnings:
            print(f"  note: {sentence}")
        for sentence in rehearsal.wrong:
            print(f"  wrong: {sentence}")
