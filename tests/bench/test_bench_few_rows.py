"""`make bench-few-rows` gives a shop one source and one way, and says what a run took."""

from datetime import date

from bench.few_rows import ALL_OF_THEM, Delivered, Taken, line_of, of_source
from settings.model import load_settings
from tests.shops import TENANT


def test_a_run_is_of_one_source_and_one_way() -> None:
    settings = of_source(load_settings(TENANT), "orders", 0)
    assert list(settings.tenant.sources) == ["orders"]
    assert settings.spark.few_rows == 0


def test_a_line_says_rows_way_cpu_seconds_and_seconds() -> None:
    delivered = Delivered("orders", date(2017, 1, 25))
    lines = [line_of(delivered, few, Taken(98_103, 224.6, 124.1)) for few in (0, ALL_OF_THEM)]
    assert [line.split() for line in lines] == [
        ["98103", "rows", "of", "orders", "by", "Spark", "225", "CPU", "s", "124", "s"],
        ["98103", "rows", "of", "orders", "in", "the", "driver", "225", "CPU", "s", "124", "s"],
    ]
