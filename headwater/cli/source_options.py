"""Options of a command that nobody lists: one for the files of each source that a table reads."""

from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from jobs import ORDERS

GIVEN = "headwater.files"  # where the command finds what was given, in the meta data of its context


class WithSourceOptions(TyperCommand):
    """A command with `--<source> FILE` for every source but order lines, whose option it declares
    itself, since it is needed.

    The options are made when they are asked for: to know the sources takes Spark's Python package,
    which other commands need not load.
    """

    _params: list[Any]
    _is_whole: bool

    @property
    def params(self) -> list[Any]:
        """The declared parameters and the options of the sources: one list, since typer itself adds
        to it and takes away.
        """
        if not self._is_whole:
            self._is_whole = True
            self._params += _source_options()
        return self._params

    @params.setter
    def params(self, declared: list[Any]) -> None:
        """Declare other parameters; the sources' options are added when they are first read."""
        self._params, self._is_whole = [*declared], False


def given_files(context: typer.Context) -> dict[str, list[str]]:
    """Places of files by source, in the order of the sources' names."""
    given: dict[str, list[str]] = context.meta.get(GIVEN, {})
    return dict(sorted(given.items()))


def _source_options() -> list[Any]:
    """The options as typer makes them of a function's parameters: the function is made here, and
    never called.
    """
    from jobs.stages.declaring import declared_sources  # noqa: PLC0415 - see the class

    def files() -> None:
        """Stands for a command with one option per source."""

    types = {
        source: _option(source, table.row)
        for source, table in declared_sources().items()
        if source != ORDERS
    }
    parameters = [
        Parameter(source, Parameter.KEYWORD_ONLY, default=None, annotation=kind)
        for source, kind in types.items()
    ]
    vars(files).update(__signature__=Signature(parameters))
    files.__annotations__ = types
    made = typer.Typer(add_completion=False)
    made.command()(files)
    return [option for option in typer.main.get_command(made).params if option.name in types]


def _option(source: str, row: str) -> Any:
    words = f"A row is one {row}; file or URL, once per file."
    return Annotated[
        list[str] | None,
        typer.Option(help=words, metavar="FILE", expose_value=False, callback=_keeping(source)),
    ]


def _keeping(source: str) -> Callable[[typer.Context, list[str] | None], None]:
    def keep(context: typer.Context, places: list[str] | None) -> None:
        """Keep the places that were given for the source."""
        if places:
            context.meta.setdefault(GIVEN, {})[source] = [*places]

    return keep
