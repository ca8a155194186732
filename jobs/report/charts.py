"""The page's drawn charts, as SVG bytes that are the same for the same numbers."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter

BLUE, ORANGE, GREY, INK = "#1f6f8b", "#b4541a", "#9fb1ba", "#22343c"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "headwater",  # ids would otherwise be random, and the page differ on each run
    "svg.fonttype": "none",  # text stays text: a quarter of the bytes, and the reader's own font
    "font.size": 11.0,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 12.0,
    "axes.titleweight": "bold",
    "axes.titlecolor": INK,
    "grid.color": "#e3eaee",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def weekly_chart(weeks: pd.DataFrame, currency: str, width: float, height: float) -> bytes:
    """Revenue per week above, active customers below, one time axis; weeks covered only in part are
    grey. Sizes in inches of 72 points.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True)
        days = weeks["week_start"].to_numpy()
        for axes, column, title, color in (
            (above, "amount_sum", f"Revenue per week ({currency})", BLUE),
            (below, "active_customers", "Customers with an order in the week", ORANGE),
        ):
            colors = [color if whole else GREY for whole in weeks["is_whole"]]
            axes.bar(days, weeks[column].to_numpy(), width=5.4, align="edge", color=colors)
            axes.set_title(title)
            axes.margins(x=0.01)
            axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
            axes.yaxis.set_major_formatter(FuncFormatter(_thousands))
            _ruled(axes)
        _month_axis(below, ticks=6 if width < 6 else 9)
        return _svg(figure)


def arrivals_chart(days: pd.DataFrame, title: str, width: float, height: float) -> bytes:
    """Rows per arrival day above, unusual days orange; below, the completeness of the emptiest
    column. Sizes in inches of 72 points.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
        at = days["arrived_on"].to_numpy()
        above.bar(
            at,
            days["rows"].to_numpy(),
            width=1.0,
            color=[ORANGE if odd else BLUE for odd in days["is_unusual"]],
        )
        above.set_title(title)
        above.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        above.yaxis.set_major_formatter(FuncFormatter(_thousands))
        below.plot(at, days["completeness"].to_numpy(dtype=float), color=BLUE, linewidth=1.6)
        below.set_title("Completeness of the emptiest column")
        below.set_ylim(-0.04, 1.04)
        below.yaxis.set_major_formatter(PercentFormatter(1))
        for axes in (above, below):
            axes.margins(x=0.01)
            _ruled(axes)
        _month_axis(below, ticks=6 if width < 6 else 9)
        return _svg(figure)


def _ruled(axes: Axes) -> None:
    axes.grid(visible=True, axis="y")
    axes.set_axisbelow(True)
    axes.tick_params(length=0)


def _month_axis(axes: Axes, ticks: int) -> None:
    locator = AutoDateLocator(minticks=3, maxticks=ticks)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def _thousands(value: float, _position: int | None = None) -> str:
    return f"{value:,.0f}"


def _svg(figure: Figure) -> bytes:
    """The figure as SVG, without the date and program that matplotlib would note, in the reader's
    font.
    """
    buffer = BytesIO()
    figure.savefig(
        buffer,
        format="svg",
        metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        transparent=True,
    )
    text = buffer.getvalue().decode()
    return re.sub(r"('[^';\"]*',? ?)+sans-serif|'DejaVu Sans'[^;\"]*", FONT, text).encode()
