"""The page as text: what it says, what it escapes, what it says when there is nothing, and that it
asks nobody for anything.
"""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from jobs.report.page import CURVES, ReportFrames, ReportInputError, render_report, write_report
from models.judging.curves import pictures_of

LOADING = {"src", "href", "srcset", "data", "action", "poster", "background", "formaction"}


class Page(HTMLParser):
    """What the page would load, its headings and its pictures without a description."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.unnamed: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in LOADING]
        if tag == "img" and not dict(attrs).get("alt"):
            self.unnamed.append(str(attrs)[:80])


def test_the_page_says_how_old_it_is_and_where_its_data_come_from(frames: ReportFrames) -> None:
    text = " ".join(render_report(frames).split())
    assert (
        "Everything here knows the events before 1 January 2018 (business days of America/New_York) and none after."
        in text
    )
    assert "Released 3 January 2018, 04:30 UTC" in text
    assert "the answers were one day old when they were released" in text
    assert "Made-up rows of a test." in text


def test_every_section_has_its_content(frames: ReportFrames) -> None:
    text = render_report(frames)
    sections = dict(re.findall(r'<section id="(\w+)".*?>(.*?)</section>', text, re.S))
    assert {*sections} == set(re.findall(r'<a href="#(\w+)">', text)), (
        "each is named at the top of the page"
    )
    assert [
        name
        for name, content in sections.items()
        if not re.search("<table|<figure|<article", content)
    ] == []
    assert re.findall(r"<p>No .*?</p>", text) == [], "no sentence in place of rows"
    for part in (
        "weekly shoppers",
        "0.873 to 0.902",
        "Calibration",
        "A best customer: 03",
        "Fluid milk",
        "joins(product_id)",
        "1 min 30 s",
    ):
        assert part in text


def test_every_picture_that_is_drawn_has_its_title_and_caption(
    frames: ReportFrames, tmp_path: Path
) -> None:
    importance = pd.Series({"days_since_last_order": 9.0})
    # as a training logs them
    drawn = pictures_of([0, 0, 1, 0, 1], [0.1, 0.2, 0.3, 0.6, 0.8], importance, tmp_path)
    curves = {path.stem: path.read_bytes() for path in drawn}
    text = unescape(render_report(replace(frames, kpis=pd.DataFrame(), curves=curves)))
    assert {*curves} == {*CURVES}, "a caption without a picture, or a picture without one"
    figures = re.findall(
        r"<figure><h4>(.*?)</h4><img src=\"data:image/png;base64,(.*?)\".*?><figcaption>(.*?)</figcaption>",
        text,
    )
    assert [(title, b64decode(picture), caption) for title, picture, caption in figures] == [
        (title, curves[name], caption) for name, (title, caption) in CURVES.items()
    ]
    assert all(caption for _, _, caption in figures)


def test_a_page_asks_nobody_for_anything(frames: ReportFrames) -> None:
    text = render_report(frames)
    page = Page(text)
    assert page.loads
    # a link to the page beside it
    assert [load for load in page.loads if not load.startswith(("data:", "#"))] == ["quality.html"]
    assert not {"script", "iframe", "object", "embed"} & set(page.tags)
    assert not re.search(r"url\(|@import", text)


def test_pictures_are_described_and_headings_step_down(frames: ReportFrames) -> None:
    page = Page(render_report(frames))
    assert page.unnamed == []
    levels = [int(tag[1]) for tag in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_text_from_the_data_is_never_markup(frames: ReportFrames) -> None:
    evil = "<script>alert('x')</script>\"><img src=http://evil.example/x>"
    hurt = replace(
        frames,
        tenant=evil,
        source_note=evil,
        release_id=evil,
        segments=frames.segments.assign(rfm_segment=evil, micro_segment=evil),
        scores=frames.scores.assign(reason_1=evil, model_name=evil),
        recommendations=frames.recommendations.assign(reason=evil),
        products=frames.products.assign(product_type=evil, brand=evil),
        checks=frames.checks.assign(message=evil, table_name=evil),
        runs=frames.runs.assign(stage=evil),
        curves={evil: frames.curves["roc"]},
    )
    page = Page(render_report(hurt))
    assert "script" not in page.tags
    assert [load for load in page.loads if "evil" in load] == []


def test_an_empty_tenant_gets_sentences_not_charts(empty: ReportFrames) -> None:
    text = render_report(empty)
    assert "<img" not in text
    for sentence in (
        "there are no orders before it",
        "No RFM map",
        "No segments for this date",
        "No scores for this date",
        "No model has been measured",
        "No churn curves",
        "No deciles",
        "No customers with orders",
        "No checks were recorded",
        "No runs were recorded",
    ):
        assert sentence in text


@pytest.mark.parametrize(
    "name",
    [
        "kpis",
        "segments",
        "segment_summary",
        "scores",
        "recommendations",
        "profiles",
        "products",
        "checks",
        "runs",
    ],
)
def test_any_one_frame_may_be_empty(frames: ReportFrames, name: str) -> None:
    # the one drawn chart takes most of the time
    frames = frames if name == "kpis" else replace(frames, kpis=pd.DataFrame())
    no_rows: dict[str, Any] = {name: getattr(frames, name).head(0)}
    no_columns: dict[str, Any] = {name: pd.DataFrame()}
    assert render_report(replace(frames, **no_rows)) == render_report(replace(frames, **no_columns))


def test_without_a_champion_every_customer_is_shown_unscored(frames: ReportFrames) -> None:
    nulls = dict.fromkeys(
        ["churn_probability", "churn_decile", "reason_1", "reason_2", "model_name", "model_version"]
    )
    text = render_report(
        replace(frames, scores=frames.scores.assign(score_status="no_model", **nulls))
    )
    assert "<b>6</b> customers no model." in text
    assert "Not scored (no model)." in text
    assert "No deciles" in text
    assert "nan" not in text


def test_the_same_frames_give_the_same_page(frames: ReportFrames, tmp_path: Path) -> None:
    first = write_report(frames, tmp_path / "a" / "index.html")
    second = write_report(frames, tmp_path / "b" / "index.html")
    assert first == tmp_path / "a" / "index.html"
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in first.parent.iterdir()] == ["index.html"]


def test_a_curve_that_is_no_picture_is_refused(frames: ReportFrames) -> None:
    with pytest.raises(ReportInputError, match="curve roc is neither a PNG nor an SVG"):
        render_report(replace(frames, curves={"roc": b"GIF89a"}))
