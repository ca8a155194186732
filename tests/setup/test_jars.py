import hashlib
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lakehouse.base.java import JAR_FOLDER, JAR_LIST, Jar, JavaError, jar_paths, listed_jars
from setup import jars
from setup.problems import SetupProblem
from setup.trust import as_jks

GOOD, BAD = b"the real jar", b"half a jar"
GOOD_SUM, BAD_SUM = hashlib.sha256(GOOD).hexdigest(), hashlib.sha256(BAD).hexdigest()
NAME = "tool-1.0.jar"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that names one jar."""
    (tmp_path / JAR_LIST).parent.mkdir(parents=True)
    (tmp_path / JAR_LIST).write_text(f"# a comment\norg.example:tool:1.0 {GOOD_SUM}\n")
    (tmp_path / JAR_FOLDER).mkdir(parents=True)
    return tmp_path


@pytest.fixture
def downloads(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What the network gives, first to last; each download takes the first of them."""
    given: list[bytes] = []

    def fetch(root: Path, wanted: list[Jar]) -> None:
        for jar in wanted:
            (root / JAR_FOLDER / jar.file_name).write_bytes(given.pop(0))

    monkeypatch.setattr(jars, "fetch", fetch)
    return given


def test_a_right_jar_is_left_alone(root: Path, downloads: list[bytes]) -> None:
    (root / JAR_FOLDER / NAME).write_bytes(GOOD)
    jars.ensure_jars(root)  # would fail on an empty list of downloads
    assert jar_paths(root) == [root / JAR_FOLDER / NAME]


def test_a_corrupted_jar_is_named_and_downloaded_again(
    root: Path, downloads: list[bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    (root / JAR_FOLDER / NAME).write_bytes(BAD)
    (root / jars.IVY_CACHE / "org.example").mkdir(parents=True)
    downloads.append(GOOD)
    jars.ensure_jars(root)
    output = capsys.readouterr().out
    assert NAME in output
    assert f"sha256 is {BAD_SUM}, expected {GOOD_SUM}" in output
    assert (root / JAR_FOLDER / NAME).read_bytes() == GOOD
    assert not (root / jars.IVY_CACHE).exists(), "the cache may hold the same bad bytes"


def test_a_damaged_download_is_tried_once_more(root: Path, downloads: list[bytes]) -> None:
    downloads += [BAD, GOOD]
    jars.ensure_jars(root)
    assert (root / JAR_FOLDER / NAME).read_bytes() == GOOD


def test_two_damaged_downloads_end_in_a_problem_and_no_jar(
    root: Path, downloads: list[bytes]
) -> None:
    downloads += [BAD, BAD, GOOD]
    with pytest.raises(SetupProblem, match=rf"{NAME} is corrupted.*{BAD_SUM}.*expected {GOOD_SUM}"):
        jars.ensure_jars(root)
    assert downloads == [GOOD], "a third download was made"
    with pytest.raises(JavaError, match=rf"{NAME} missing.*make setup"):
        jar_paths(root)


def test_every_listed_jar_has_a_checksum_and_reaches_ivy() -> None:
    listed = listed_jars()
    assert {jar.name for jar in listed} >= {"delta-spark_2.12", "delta-storage", "deequ"}
    assert all(len(bytes.fromhex(jar.sha256)) == 32 for jar in listed)
    module = ElementTree.fromstring(jars.as_ivy(listed))
    assert [(d.get("name"), d.get("rev")) for d in module.iter("dependency")] == [
        (jar.name, jar.revision) for jar in listed
    ]
    assert {d.get("transitive") for d in module.iter("dependency")} == {"false"}


def test_trust_store_holds_each_certificate_once() -> None:
    store = as_jks([b"first", b"second one"])
    assert struct.unpack(">III", store[:12]) == (0xFEEDFEED, 2, 2)
    assert store.count(struct.pack(">I", 5) + b"first") == 1
    assert store.count(struct.pack(">I", 10) + b"second one") == 1
