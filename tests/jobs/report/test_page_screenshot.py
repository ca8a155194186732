"""The page in a real browser: it fits a desk and a phone, its pictures load, and it is not
blank.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path
from typing import Any

import matplotlib.image as mpl_image
import pytest

from jobs.report.page import ReportFrames, write_report

WIDTHS = (1280, 390)
HEIGHT = 7000
QUIET = """--headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run
--hide-scrollbars"""
# Runs in the page. An element sticks out when it ends right of the screen and no box of its own
# scrolls it.
MEASURE = """
<script>
addEventListener("load", () => {
  const width = document.documentElement.clientWidth;
  const sticksOut = e => e.getBoundingClientRect().right > width + 0.5 && !e.closest(".scroll *");
  const outside = [...document.body.querySelectorAll("*")].filter(sticksOut);
  const images = [...document.images];
  parent.postMessage(JSON.stringify({
    width, scroll: document.documentElement.scrollWidth, outside: outside.map(e => e.outerHTML.slice(0, 80)),
    broken: images.filter(i => !i.complete || i.naturalWidth === 0).length, images: images.length,
    smallest: Math.min(...images.map(i => i.getBoundingClientRect().width / i.naturalWidth)),
    columns: getComputedStyle(document.querySelector(".cards")).gridTemplateColumns.split(" ").length,
  }), "*");
});
</script>
"""


@pytest.fixture
def browser() -> None:
    """There is one."""
    if shutil.which("chromium") is None:
        pytest.fail(
            "chromium is not installed; `make test-system` installs it from Debian's packages and runs this test."
        )


@pytest.fixture
def page(browser: None, frames: ReportFrames, tmp_path: Path) -> Path:
    """The page of the example, written to a folder of its own."""
    return write_report(frames, tmp_path / "page" / "index.html")


@pytest.mark.parametrize("width", WIDTHS)
def test_page_fits_the_screen(page: Path, width: int) -> None:
    seen = measured(page, width)
    assert seen["width"] == width  # else the browser did not give the page the screen asked for
    assert seen["scroll"] <= width
    assert seen["outside"] == []
    assert seen["broken"] == 0
    assert seen["images"] == 4  # weekly, ROC, calibration, lift
    assert seen["smallest"] >= 0.7  # text drawn at 11 pt (14.7 px) is shown at 10 px or more
    assert seen["columns"] == (3 if width == 1280 else 1)


def test_the_measurement_sees_a_page_that_is_too_wide(page: Path) -> None:
    page.write_text(
        page.read_text().replace(
            "<main>", '<main><p id="wide" style="width: 700px; max-width: none">too wide</p>'
        )
    )
    seen = measured(page, 390)
    assert seen["scroll"] > 390
    assert len(seen["outside"]) == 1
    assert 'id="wide"' in seen["outside"][0]


@pytest.mark.parametrize("width", WIDTHS)
def test_screenshot_is_not_blank(page: Path, width: int) -> None:
    picture = page.with_name(f"{width}.png")
    browse(framed(page, page.read_text(), width), width, f"--screenshot={picture}")
    pixels = mpl_image.imread(picture)[:, :width, :3]
    assert pixels.shape[:2] == (HEIGHT, width)
    dark = (pixels.mean(axis=2) < 0.5).mean(axis=1)  # share of dark pixels per row of the picture
    assert (dark[: HEIGHT // 4] > 0).mean() > 0.2, (
        "hardly any text in the first quarter of the page"
    )
    assert len({tuple(pixel) for pixel in pixels[::7, ::7].reshape(-1, 3)}) > 20, (
        "hardly any colours: no charts were drawn"
    )


def measured(page: Path, width: int) -> dict[str, Any]:
    """What the page's own window reports about itself at this width."""
    text = (
        page.read_text()
        .replace("default-src 'none';", "default-src 'none'; script-src 'unsafe-inline';")
        .replace("</body>", MEASURE + "</body>")
    )
    dom = browse(framed(page, text, width), width, "--dump-dom", "--virtual-time-budget=5000")
    match = re.search(r'<output id="seen">(\{.*?\})</output>', dom, re.DOTALL)
    assert match, f"the page did not report its measures; the browser said:\n{dom[-2000:]}"
    return dict(json.loads(unescape(match.group(1))))


def framed(page: Path, text: str, width: int) -> Path:
    """A page around the page: a frame has exactly its width, while chromium's window can't be
    narrower than about 500 pixels.
    """
    inner, outer = page.with_name("inner.html"), page.with_name("outer.html")
    inner.write_text(text)
    outer.write_text(
        '<!doctype html><body style="margin: 0">'
        '<script>addEventListener("message", e => { document.getElementById("seen").textContent = e.data; })</script>'
        f'<iframe src="inner.html" width="{width}" height="{HEIGHT}" style="border: 0; display: block"></iframe>'
        '<output id="seen"></output></body>'
    )
    return outer


def browse(page: Path, width: int, *options: str) -> str:
    """Open the page in a fresh headless chromium and return what it prints."""
    profile = page.parent / f"profile-{width}-{len(list(page.parent.iterdir()))}"
    window = f"--window-size={max(width, 600)},{HEIGHT}"
    command = [
        "chromium",
        *QUIET.split(),
        f"--user-data-dir={profile}",
        window,
        *options,
        page.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout
