"""The tool that plants small faults: which ones it makes, how it draws them, and what it says of
files that tests do not run.
"""

from importlib.util import module_from_spec

from bench.covered import lacking
from bench.mutants import FAMILIES, ROOT, Changed, sampled
from bench.mutations import Mutant, mutants_of

TYPES = {"order_count": "bigint", "line_count": "bigint", "amount_sum": "decimal(18,4)"}
SOURCE = '''"""Docstrings with 1 < 2 stay."""

DAYS = 28

@feature(type="bigint", words="{value} of 3", windows=(1,))
def share(within: Column = 3) -> Column:
    """1 < 2."""
    rows = frame.where("order_count > 0 AND line_count IS NULL")
    if days <= 91 and not within:
        return F.min("order_count") / (F.col("line_count") - 1)
    return f"{days < 2}"
'''


def changes() -> set[tuple[str, str, str]]:
    """Kind, line before and line after of every fault in the source above."""
    return {
        (one.kind, one.before, one.after) for one in mutants_of("features/share.py", SOURCE, TYPES)
    }


def test_each_kind_of_fault_is_made_once_per_place() -> None:
    where = 'rows = frame.where("order_count > 0 AND line_count IS NULL")'
    condition, value = (
        "if days <= 91 and not within:",
        'return F.min("order_count") / (F.col("line_count") - 1)',
    )
    decorator = '@feature(type="bigint", words="{value} of 3", windows=(1,))'
    assert changes() == {
        ("constant", "DAYS = 28", "DAYS = 27"),
        ("constant", "DAYS = 28", "DAYS = 29"),
        ("constant", decorator, decorator.replace("(1,)", "(2,)")),
        ("comparison", where, where.replace(">", ">=")),
        ("operator", where, where.replace("AND", "OR")),
        ("operator", where, where.replace("IS NULL", "IS NOT NULL")),
        ("comparison", condition, condition.replace("<=", "<")),
        ("operator", condition, condition.replace("and", "or")),
        ("operator", condition, condition.replace("not ", "")),
        ("constant", condition, condition.replace("91", "90")),
        ("constant", condition, condition.replace("91", "92")),
        ("operator", value, value.replace("min", "max")),
        ("operator", value, value.replace("/", "*")),
        ("operator", value, value.replace("-", "+")),
        ("constant", value, value.replace("1", "2")),
        ("column", value, value.replace('"order_count"', '"line_count"')),  # of the same type
        ("column", value, value.replace('"line_count"', '"order_count"')),
    }


def test_a_fault_knows_its_function_and_changes_one_line_of_the_file() -> None:
    one = next(
        one for one in mutants_of("features/share.py", SOURCE, TYPES) if one.before == "DAYS = 28"
    )
    assert (one.function, one.line, one.name) == (
        "module",
        3,
        "features/share.py module: `DAYS = 28` -> `DAYS = 27`",
    )
    assert one.source == SOURCE.replace("28", "27")


def test_the_sample_is_repeatable_and_has_faults_of_every_family() -> None:
    one, again, other = (
        sampled(FAMILIES, 300, 1),
        sampled(FAMILIES, 300, 1),
        sampled(FAMILIES, 300, 2),
    )
    assert len(one) == 300
    assert [mutant.name for _, mutant in one] == [mutant.name for _, mutant in again]
    assert {mutant.name for _, mutant in one} != {mutant.name for _, mutant in other}
    assert {family.name for family, _ in one} == {family.name for family in FAMILIES}


def test_python_imports_the_changed_text_in_place_of_the_file() -> None:
    finder = Changed(
        Mutant("lakehouse/base/graph.py", "module", "constant", 1, "", "", "VALUE = 2")
    )
    assert finder.find_spec("settings.nearest") is None
    spec = finder.find_spec("lakehouse.base.graph")
    assert spec is not None
    changed = module_from_spec(spec)
    finder.exec_module(changed)
    assert (vars(changed)["VALUE"], "reached" in vars(changed)) == (2, False)
    assert "VALUE" not in (ROOT / "lakehouse/base/graph.py").read_text()


def test_a_file_below_the_limit_is_named_with_the_lines_that_no_test_runs() -> None:
    files = {
        "a.py": {"summary": {"percent_covered": 95.0}, "missing_lines": [3]},  # at the limit
        "b.py": {"summary": {"percent_covered": 94.9}, "missing_lines": [3, 8]},
    }
    assert lacking({"files": files}) == ["b.py: 94.9 %; no test runs the lines 3, 8"]
