"""The page's drawn charts, as SVG bytes that are the same for the same numbers."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, PercentFormatter
from numpy.typing import ArrayLike, NDArray

BLUE, ORANGE, GREY, INK = "#1f6f8b", "#b4541a", "#9fb1ba", "#22343c"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
BINS = 10
LIFT_STEPS = 10
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


def churn_curves(is_churned: ArrayLike, probability: ArrayLike) -> dict[str, bytes]:
    """ROC, calibration and lift of a churn score against what happened, as {name: SVG}; nothing
    where only one outcome occurred.
    """
    truth, score = np.asarray(is_churned, dtype=bool), np.asarray(probability, dtype=float)
    if truth.shape != score.shape:
        raise ValueError(
            f"churn_curves: {truth.size} outcomes but {score.size} probabilities; pass one of each"
            " per customer."
        )
    if truth.all() or not truth.any():
        return {}
    return {
        "roc": _roc_chart(truth, score),
        "calibration": _calibration_chart(truth, score),
        "lift": _lift_chart(truth, score),
    }


def roc_points(
    truth: NDArray[np.bool_], score: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False and true positive rates as the threshold falls, from (0, 0) to (1, 1); customers with
    equal scores enter together.
    """
    order = np.argsort(-score, kind="stable")
    last_of_tie = np.append(np.diff(score[order]) != 0, True)
    hits, misses = np.cumsum(truth[order])[last_of_tie], np.cumsum(~truth[order])[last_of_tie]
    return np.append(0.0, misses / misses[-1]), np.append(0.0, hits / hits[-1])


def calibration_points(
    truth: NDArray[np.bool_], score: NDArray[np.float64], bins: int = BINS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean predicted and observed churn per equal-frequency bin, rising; equal scores share a
    bin.
    """
    ranks = pd.Series(score).rank(method="average", pct=True)
    means = (
        pd.DataFrame({"score": score, "truth": truth.astype(float), "bin": np.ceil(ranks * bins)})
        .groupby("bin")
        .mean()
    )
    return means["score"].to_numpy(dtype=float), means["truth"].to_numpy(dtype=float)


def lift_points(
    truth: NDArray[np.bool_], score: NDArray[np.float64], steps: int = LIFT_STEPS
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Share of customers taken from the riskiest down, and their churn over everyone's; a tie that
    straddles a step counts at its mean.
    """
    mean_of_tie = (
        pd.Series(truth.astype(float)).groupby(score).transform("mean").to_numpy(dtype=float)
    )
    found = np.cumsum(mean_of_tie[np.argsort(-score, kind="stable")])
    shares = np.arange(1, steps + 1) / steps
    taken = np.maximum(np.ceil(shares * truth.size - 1e-9).astype(int), 1)
    return shares, found[taken - 1] / taken / truth.mean()


def _roc_chart(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> bytes:
    x, y = roc_points(truth, score)
    area = float(np.sum(np.diff(x) * (y[1:] + y[:-1]) / 2))
    with mpl.rc_context(STYLE):
        figure, axes = _square()
        axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1.2)
        axes.plot(x, y, color=BLUE, linewidth=2.2)
        axes.text(0.97, 0.06, f"AUC {area:.3f}", ha="right", fontsize=13, fontweight="bold")
        _as_shares(axes, "stayed, but flagged", "churned, and flagged")
        return _svg(figure)


def _calibration_chart(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> bytes:
    x, y = calibration_points(truth, score)
    with mpl.rc_context(STYLE):
        figure, axes = _square()
        axes.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1.2)
        axes.plot(x, y, color=BLUE, linewidth=2.2, marker="o", markersize=5)
        _as_shares(axes, "predicted churn", "observed churn")
        return _svg(figure)


def _lift_chart(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> bytes:
    x, y = lift_points(truth, score)
    with mpl.rc_context(STYLE):
        figure, axes = _square()
        axes.axhline(1, color=GREY, linestyle="--", linewidth=1.2)
        axes.plot(x, y, color=BLUE, linewidth=2.2, marker="o", markersize=5)
        axes.set_ylim(0, float(y.max()) * 1.1)
        axes.set_xlim(0.05, 1.03)
        axes.xaxis.set_major_formatter(PercentFormatter(1))
        axes.set_xlabel("share of customers, riskiest first")
        axes.set_ylabel("churn against the average")
        _ruled(axes)
        return _svg(figure)


def _square() -> tuple[Figure, Axes]:
    figure = Figure(figsize=(4.6, 4.0), layout="constrained")
    return figure, figure.subplots()


def _as_shares(axes: Axes, x_label: str, y_label: str) -> None:
    axes.set_xlim(-0.02, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    _ruled(axes)


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
