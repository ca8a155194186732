"""What would become of a delivery, by the pipeline's own functions; and a new shop from a file to
silver.
"""

import gzip
import shutil
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from typer.testing import CliRunner

from headwater.cli import app
from headwater.onboarding import rehearsal, sample
from headwater.onboarding.rehearsal import rehearse
from lakehouse.store import delta
from lakehouse.store.context import lake_of
from settings.model import load_settings
from settings.places import ROOT

HEADER = "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,CustomerID,Country,Currency"
GOOD = [f"{n},p{n % 7},2,12/{n % 28 + 1}/2010 8:26,1.25,c{n % 9},Utopia,GBP" for n in range(60)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spark: SparkSession) -> Path:
    shutil.copytree(ROOT / "conf", tmp_path / "conf")
    monkeypatch.setenv("HEADWATER_CONF", str(tmp_path / "conf"))
    monkeypatch.setenv("HEADWATER_HOME", str(tmp_path))
    return tmp_path


def headwater(*words: str, code: int = 0) -> str:
    """What the command prints; it must end with the exit code."""
    result = CliRunner().invoke(app, [*words])
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return " ".join(result.output.split())


def test_a_new_shop_from_a_file_to_silver(home: Path) -> None:
    bad = [
        "900,p1,1,12/4/2010 8:26,1.00,,Utopia,GBP",  # no customer
        "901,p1,1,12/4/2010 8:26,free,c1,Utopia,GBP",  # a price that is none
        "902,p1,-1,12/5/2010 8:26,1.00,c1,Utopia,GBP",  # taken back: good
        "903,p1,1",  # cut off
    ]
    file = home / "invoices.csv.gz"
    file.write_bytes(gzip.compress("\n".join([HEADER, *GOOD, *bad, ""]).encode()))
    words = [
        "tenant",
        "new",
        "corner_shop",
        "--orders",
        str(file),
        "--yes",
        "--answer",
        "zone=Europe/London",
    ]
    before = files_of(home)
    output = headwater(*words, "--dry-run")
    assert files_of(home) == before, "a dry run writes nothing"
    assert f"Would be written: {home}/conf/tenants/corner_shop.yml" in output
    assert "currency: GBP" in output
    assert (
        f"Would be landed: {home}/data/landing/corner_shop/orders/2010-12-28/invoices.csv.gz"
        in output
    )
    assert "61 kept, 3 quarantined" in output
    assert output.endswith("Nothing was written. Without --dry-run it is")
    output = headwater(*words)
    assert "61 kept, 3 quarantined" in output
    assert (
        "1 row, such as orders/2010-12-28/invoices.csv.gz line 62: customer_id is missing or cannot be read"
        in output
    )
    assert (
        "1 row, such as orders/2010-12-28/invoices.csv.gz line 65: the line does not have the declared columns: 903,p1,1"
        in output
    )
    assert "wrong:" not in output, "3 of 64 rows are under the 5 % that a table bears"
    assert output.endswith(
        "headwater run ingest silver --tenant corner_shop --start 2010-12-28 --end 2010-12-29"
    )
    headwater(
        "run",
        "ingest",
        "silver",
        "--tenant",
        "corner_shop",
        "--start",
        "2010-12-28",
        "--end",
        "2010-12-29",
    )
    lake = lake_of(load_settings("corner_shop"))
    rows = {
        row["order_id"]: row for row in delta.read_arrow(lake / "silver_order_lines").to_pylist()
    }
    assert len(rows) == 61
    assert (
        str(rows["902"]["amount"]),
        rows["902"]["is_return"],
        str(rows["902"]["order_date"]),
    ) == ("-1.0000", True, "2010-12-05")
    assert delta.row_count(lake / "silver_order_lines_quarantine") == 3
    # a second time is refused, since the file may have been changed by hand
    again = CliRunner().invoke(
        app, ["tenant", "new", "corner_shop", "--orders", str(file), "--yes"]
    )
    assert "--force writes it anew" in str(again.exception)


def test_check_says_what_is_wrong_with_the_newest_delivery(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = home / "invoices.csv"
    file.write_text("\n".join([HEADER, *GOOD, ""]))
    headwater("tenant", "new", "corner_shop", "--orders", str(file), "--yes", "--no-try")
    page = home / "conf/tenants/corner_shop.yml"
    assert "60 kept" in headwater("tenant", "check", "corner_shop")
    # a newer delivery: every date the other way round, so that most of them are no dates; the older
    # is not looked at
    newer = home / "data/landing/corner_shop/orders/2011-01-02/invoices.csv"
    newer.parent.mkdir()
    newer.write_text(file.read_text().replace("12/", "31/"))
    assert "wrong: refused_share of silver_order_lines: 1, expected <= 0.05" in headwater(
        "tenant", "check", "corner_shop", code=1
    )
    # a mapping that names what is not delivered
    page.write_text(page.read_text().replace("customer_id: CustomerID", "customer_id: CustomerNo"))
    output = " ".join(headwater("tenant", "check", "corner_shop", code=1).split())
    assert (
        "the mapping of the source for orders: customer_id: `CustomerNo` has no meaning to Spark"
        in output
    )
    newer.write_text(file.read_text().replace("StockCode", "Stock"))
    assert "missing columns: StockCode (nearest delivered: Stock)" in headwater(
        "tenant", "check", "corner_shop", code=1
    )


def files_of(home: Path) -> dict[str, bytes]:
    """Every file below a folder, and what is in it."""
    return {str(path): path.read_bytes() for path in sorted(home.rglob("*")) if path.is_file()}


@pytest.fixture
def ten_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "ROWS", 10)


@pytest.mark.usefixtures("ten_rows")
def test_a_large_file_is_cut_between_records_and_rates_are_those_delivered(home: Path) -> None:
    file, rates = home / "invoices.csv", home / "rates.csv"
    texts = [
        f'{n},p1,1,12/{n + 13}/2010 8:26,1.00,c1,"two\nlines",{"USD" if n % 2 else "GBP"}'
        for n in range(14)
    ]
    file.write_text("\n".join([HEADER, *texts, ""]))
    rates.write_text("currency,date,rate\nUSD,2010-01-01,0.65\n")
    headwater(
        "tenant",
        "new",
        "corner_shop",
        "--orders",
        str(file),
        "--exchange-rates",
        str(rates),
        "--yes",
        "--no-try",
    )
    by_source = {one.source: one for one in rehearse(load_settings("corner_shop"))}
    assert by_source["orders"].is_cut
    assert by_source["orders"].states == {"kept": 9}, "ten records, one of them the header"
    assert {*by_source["orders"].first["amount"]} == {"1.0000", "0.6500"}
    assert by_source["exchange_rates"].states == {"kept": 1}
    assert [one.wrong for one in by_source.values()] == [[], []]
    assert sample.ROWS > 10
