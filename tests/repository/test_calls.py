"""What counts as a call of a table's function: the walker of the catalog is only as strict as
this.
"""

import ast
from pathlib import Path

import pytest

from tests.repository import tree

CALLED = "jobs.gold.kpis.gold_kpis"


@pytest.mark.parametrize(
    "test",
    [
        "from jobs.gold.kpis import gold_kpis\ndef test_it(): assert gold_kpis(rows) == 1",
        "from jobs.gold.kpis import gold_kpis as kpis\ndef test_it(): kpis(rows)",
        "from jobs.gold import kpis\ndef test_it(): kpis.gold_kpis(rows)",
        "from jobs.gold.kpis import gold_kpis\nfrom tests.tables import built\ndef test_it(): built(gold_kpis, rows)",
        "from jobs.gold.kpis import gold_kpis\ndef shown(): return gold_kpis(rows)\ndef test_it(): shown()",
        "from jobs.gold.kpis import gold_kpis\ndef shown(): return gold_kpis(rows)\ndef test_it(shown): pass",
        "from jobs.gold.kpis import gold_kpis\n@pytest.mark.parametrize('one', [gold_kpis])\ndef test_it(one): one(rows)",
        "from jobs.gold.kpis import gold_kpis\n@pytest.mark.parametrize(('n', 'one'), [(1, gold_kpis)])\ndef test_it(n, one): one(rows)",
        "from jobs.gold.kpis import gold_kpis\nfrom tests.tables import built\n"
        "@pytest.mark.parametrize('one', [gold_kpis])\ndef test_it(one): built(one, rows)",
    ],
)
def test_a_call_is_found(test: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CALLED in called_in(test, monkeypatch)


@pytest.mark.parametrize(
    "test",
    [
        "from jobs.gold.kpis import gold_kpis\ndef test_it(): pass",
        "from jobs.gold.kpis import gold_kpis\ndef test_it(): print(gold_kpis)",
        "def test_it(): shop.rows('gold_kpis'); gold_kpis(rows)",
        "from elsewhere import gold_kpis\ndef test_it(): gold_kpis(rows)",
        "from jobs.gold.kpis import gold_kpis\nfrom elsewhere import built\ndef test_it(): built(gold_kpis, rows)",
        "from jobs.gold.kpis import gold_kpis\nfrom tests.tables import built\ndef test_it(): built(other, gold_kpis)",
        "from jobs.gold.kpis import gold_kpis\ndef shown(): return gold_kpis(rows)\ndef test_it(): pass",
        "from jobs.gold.kpis import gold_kpis\n@pytest.mark.parametrize('one', [gold_kpis])\ndef test_it(one): print(one)",
        "from jobs.gold.kpis import gold_kpis\n@pytest.mark.parametrize(('n', 'one'), [(gold_kpis, 1)])\ndef test_it(n, one): one(rows)",
    ],
)
def test_a_mention_is_no_call(test: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CALLED not in called_in(test, monkeypatch)


def called_in(text: str, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    module = ast.parse(text)
    monkeypatch.setattr(tree, "parsed", lambda _path: module)
    return tree.called(Path("tests/test_it.py"))
