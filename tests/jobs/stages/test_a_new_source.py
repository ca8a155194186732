"""A source is one declaration: an entity and an event that nobody else knows of are found wherever
sources are.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pyspark.sql import DataFrame, SparkSession
from typer.testing import CliRunner

from headwater.cli import app
from headwater.docs.dictionary import tables_page
from headwater.docs.lineage import Planning, _of_tenant
from jobs.stages.declaring import declared_sources
from jobs.stages.pipeline import declare_tables
from lakehouse.contract.columns import ColumnEntry, describe, dictionary
from lakehouse.contract.reads import Touched
from lakehouse.contract.rules import at_least, present
from lakehouse.contract.table import TABLES, table
from lakehouse.store import delta
from lakehouse.store.context import lake_of
from settings.model import load_settings
from settings.places import ROOT
from tests.rows import as_text, expected

NEW_COLUMNS = (  # as conf/columns.yml would have them
    ColumnEntry(
        "units_on_hand",
        "int",
        "units",
        "none",
        "Units of the product in the store.",
        "on hand, bestand",
    ),
    ColumnEntry("review_id", "string", "", "pseudonym", "Review as the shop numbers it."),
    ColumnEntry("review_date", "date", "day", "none", "Business day of the review."),
    ColumnEntry("rating", "int", "1-5", "personal", "Stars that the customer gave.", "stars"),
)
NEW_TABLES = ("silver_stock", "silver_reviews", "bronze_stock", "bronze_reviews")


def silver_stock(bronze_stock: Touched) -> DataFrame:
    """One row per product, store and arrival day on which the shop counted it."""
    return bronze_stock


def silver_reviews(bronze_reviews: Touched) -> DataFrame:
    """One row per review, the latest version received."""
    return bronze_reviews


@pytest.fixture(scope="module")
def declared() -> Iterator[None]:
    """What a person adds for the two: nothing else knows of them."""
    for entry in NEW_COLUMNS:
        describe(entry)
    table(
        source="stock",
        row="stock count",
        key="product_id store_id arrived_on",
        columns="product_id store_id units_on_hand is_deleted arrived_on",
        slice_by="arrived_on",
        rules=[present("product_id"), present("store_id")],
    )(silver_stock)
    table(
        source="reviews",
        row="review of a product",
        key="review_id",
        columns="review_id customer_id product_id review_date rating arrived_on",
        slice_by="review_date",
        required="review_date",
        rules=[present("review_id"), present("review_date"), at_least("rating", 1)],
    )(silver_reviews)
    declare_tables()
    yield
    for name in NEW_TABLES:
        TABLES.pop(name)
    for entry in NEW_COLUMNS:
        dictionary().pop(entry.name)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with settings, and the files of a shop."""
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    monkeypatch.setenv("HEADWATER_CONF", str(tmp_path / "conf"))
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    (tmp_path / "orders.csv").write_text("order,customer,sku,total,day\n1,ada,p1,2.50,2024-01-14\n")
    # the last is refused
    (tmp_path / "stock.csv").write_text(
        "ArticleNo;Filiale;Bestand\np1;Ulm;7\np2;Ulm;3\np3;Ulm;viele\n"
    )
    (tmp_path / "reviews.csv").write_text(
        # refused: no star
        "id,user,sku,stars,date,text\nr1,ada,p1,5,13.01.2024,good\nr2,bob,p1,0,14.01.2024,bad\n"
    )
    return tmp_path


def headwater(*words: str) -> str:
    result = CliRunner().invoke(app, [*words])
    assert result.exit_code == 0, f"{result.output}\n{result.exception!r}"
    return result.output


def new(home: Path) -> list[str]:
    files = [
        word
        for source in ("orders", "stock", "reviews")
        for word in (f"--{source}", str(home / f"{source}.csv"))
    ]
    return ["tenant", "new", "corner_shop", *files, "--answer", "currency=EUR", "--yes", "--no-try"]


def test_its_table_of_deliveries_is_there(declared: None) -> None:
    assert {"stock", "reviews"} <= {*declared_sources()}
    assert TABLES["bronze_reviews"].description == "One row per delivered review of a product."
    assert TABLES["silver_reviews"].inputs == ("bronze_reviews",)


def test_the_command_has_an_option_for_it(declared: None) -> None:
    shown = CliRunner().invoke(app, ["tenant", "new", "--help"], env={"COLUMNS": "200"}).output
    assert "--reviews" in shown
    assert "A row is one stock count" in shown
    refused = CliRunner().invoke(
        app, ["tenant", "new", "corner_shop", "--orders", "o.csv", "--stok", "s.csv"]
    )
    assert "No such option: --stok" in refused.output


def test_it_is_proposed_with_its_dates_and_numbers(declared: None, home: Path) -> None:
    page = headwater(*new(home), "--dry-run").partition("\n\n")[2].partition("\nWould be landed")[0]
    sources = yaml.safe_load(page)["sources"]
    assert sources["stock"]["mapping"] == {
        "product_id": "ArticleNo",
        "store_id": "Filiale",
        "units_on_hand": "Bestand",
    }
    assert "event_date" not in sources["stock"], "it is an entity"
    assert sources["reviews"]["event_date"] == "review_date"
    assert sources["reviews"]["mapping"] == {
        "review_id": "id",
        "customer_id": "user",
        "product_id": "sku",
        "review_date": "to_date(try_to_timestamp(date, 'd.M.yyyy'))",
        "rating": "stars",
    }
    assert "'ada'" not in page, "a person's value is not shown"
    assert "Delivered and not mapped: text." in page


def test_it_is_in_the_dictionary(declared: None) -> None:
    page = tables_page()
    section = page[page.index("### silver_reviews") :].partition("\n### ")[0]
    assert "| `rating` | `int` | 1-5 | Stars that the customer gave. | personal |" in section
    assert "- Reads: [bronze_reviews](#bronze_reviews)" in section
    assert "- Reads: the files of the source `reviews` in the landing zone" in page
    assert "`silver_reviews_quarantine`" in page


@pytest.mark.usefixtures("shop_in")  # plans of a few rows are read, not compiled
def test_a_run_takes_its_files_in_and_its_lineage_is_known(
    declared: None, home: Path, spark: SparkSession
) -> None:
    headwater(*new(home))
    path = home / "conf/tenants/corner_shop.yml"
    path.write_text(
        path.read_text().replace(
            "    mapping:", "    refused_share: 0.5  # one of two rows\n    mapping:"
        )
    )
    headwater(
        "run",
        "ingest",
        "silver",
        "--tenant",
        "corner_shop",
        "--start",
        "2024-01-14",
        "--end",
        "2024-01-15",
    )
    settings = load_settings("corner_shop")
    assert rows(
        lake := lake_of(settings), "silver_stock", "product_id store_id units_on_hand arrived_on"
    ) == expected("""
        product_id store_id units_on_hand arrived_on
        p1         Ulm      7             2024-01-14
        p2         Ulm      3             2024-01-14
    """)
    assert rows(
        lake, "silver_reviews", "review_id customer_id product_id review_date rating"
    ) == expected("""
        review_id customer_id product_id review_date rating
        r1        ada         p1         2024-01-13  5
    """)
    assert rows(lake, "bronze_reviews", "id text event_date") == expected("""
        id text event_date
        r1 good 2024-01-13
        r2 bad  2024-01-14
    """)
    lineage = _of_tenant(Planning(spark, settings, home), [TABLES[name] for name in NEW_TABLES])
    assert lineage["silver_reviews"]["review_date"]["direct"] == ["bronze_reviews.date"]
    assert lineage["bronze_stock"]["Bestand"]["direct"] == ["landing_stock.Bestand"]


def rows(lake: Path, name: str, columns: str) -> list[list[str | None]]:
    """Some columns of a table, as text."""
    names = columns.split()
    return as_text(
        names, [[row[one] for one in names] for row in delta.read_arrow(lake / name).to_pylist()]
    )
