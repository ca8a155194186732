"""What Spark runs: `jobs/main.py run STAGE... --tenant T --start DATE --end DATE`; the `headwater`
command has the same `run`, and more.
"""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from inspect import Signature, signature
from pathlib import Path
from typing import Annotated, Any

import typer

# spark-submit starts this file, whose folder is on the path then, and not the repository
if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lakehouse.base.errors import UserError
from lakehouse.base.java import JavaError
from lakehouse.base.run import Run
from lakehouse.contract.layers import STAGE_NAMES
from settings.model import Settings, load_settings
from settings.places import TENANT_AT, tenant_names


def the_tenant(name: str) -> str:
    """The tenant that a command changes: the one that is named, else the only one there is.

    Raises:
        ValueError: there are several, and none is named; lists them.
    """
    tenants = tenant_names()
    if name or len(tenants) == 1:
        return name or tenants[0]
    listed = ", ".join(tenants) or "none yet: `headwater tenant new` proposes one"
    raise ValueError(
        f"which tenant? This command changes something: name it with --tenant or {TENANT_AT}. There"
        f" are: {listed}"
    )


# For commands that change something: nobody's tables are changed for want of a name. Their default
# is "".
CHANGED = Annotated[
    str,
    typer.Option(
        "--tenant",
        "-t",
        envvar=TENANT_AT,
        callback=the_tenant,
        help="A file name in conf/tenants/.",
    ),
]
STAGES = Annotated[
    list[str],
    typer.Argument(help=" ".join(STAGE_NAMES)),
]
START = Annotated[str, typer.Option(help="First arrival day.")]
END = Annotated[str, typer.Option(help="Day after the last arrival day (exclusive).")]
AS_OF = Annotated[
    list[str] | None, typer.Option(help="Publish as of these dates instead of --end.")
]
AS_OF_EVERY = Annotated[
    int | None, typer.Option(help="Publish as of every N days, ending at --end.")
]
STALE = Annotated[
    bool, typer.Option("--stale", help="Publish anew every snapshot that waits for it, too.")
]
REFETCH = Annotated[
    bool, typer.Option("--refetch", help="Stage fetch: get days again that are there.")
]


@dataclass(frozen=True)
class Order:
    """What the command `run` is asked to do: a run, its stages, and whether to publish stale
    snapshots anew as well.
    """

    run: Run
    stages: list[str]
    stale: bool


def order_of(
    stages: STAGES,
    start: START,
    end: END,
    tenant: CHANGED = "",
    as_of: AS_OF = None,
    as_of_every: AS_OF_EVERY = None,
    stale: STALE = False,
    refetch: REFETCH = False,
) -> Order:
    """The order that the arguments of the command describe.

    Raises:
        ValueError: a text is not a date, or the days are in the wrong order.
    """
    first, last = day(start), day(end)
    dates = {day(text) for text in as_of or []}
    if as_of_every:
        dates |= {last - timedelta(days=n) for n in range(0, (last - first).days, as_of_every)}
    return Order(Run(tenant, first, last, tuple(sorted(dates)), refetch=refetch), stages, stale)


def with_the_parameters_of_a_run(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the parameters of `order_of`, which it takes as one `order`, before its
    own: so they are written once, whoever has a command `run`.
    """
    parameters = signature(order_of).parameters
    own = [each for name, each in signature(command).parameters.items() if name != "order"]

    @wraps(command)
    def with_order(**arguments: Any) -> None:
        """The command, with the order that its arguments describe."""
        of_run = {name: arguments.pop(name) for name in parameters}
        command(order_of(**of_run), **arguments)

    vars(with_order)["__signature__"] = Signature([*parameters.values(), *own])
    with_order.__annotations__ = {
        name: each.annotation for name, each in signature(with_order).parameters.items()
    }
    return with_order


@with_the_parameters_of_a_run
def run(order: Order) -> None:
    """Run stages of the pipeline over a range of arrival days, in one Spark application."""
    carry_out(order)


def carry_out(order: Order, settings: Settings | None = None) -> None:
    """Run the stages, by these settings or the tenant's; when stale snapshots are asked for, also
    for the as-of date of every published one that waits to be published anew.
    """
    from jobs.stages.pipeline import run as run_pipeline  # noqa: PLC0415
    from jobs.stages.pipeline import run_with_stale  # noqa: PLC0415

    carry = run_with_stale if order.stale else run_pipeline
    carry(settings or load_settings(order.run.tenant), order.run, order.stages)


def day(text: str) -> date:
    """A date in ISO form.

    Raises:
        ValueError: the text is not one.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is not a date such as 2017-12-31") from None


def answered(command: Callable[[], None]) -> None:
    """Run a command; errors that a person can mend are one message and exit code 1 (bad data) or 2
    (bad use).
    """
    try:
        command()
    except Exception as error:  # whatever is not ours to explain goes on with its traceback
        code = _exit_code(error)
        if code is None:
            raise
        print(f"headwater: {error}", file=sys.stderr)
        sys.exit(code)


def _exit_code(error: Exception) -> int | None:
    """What a person can mend; a broken installation (ImportError) is no such thing."""
    if isinstance(error, UserError | JavaError):
        return 1
    return 2 if isinstance(error, ValueError) else None


def main() -> None:
    """The command line of a Spark application: the one command `run`."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(lambda: None)  # with one command alone, typer would not want its name
    app.command()(run)
    answered(app)


if __name__ == "__main__":
    main()
