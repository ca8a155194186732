"""No credential in anything that a run prints or writes: output, landed files, tables, and the
event log, which is all of Spark's page.
"""

import gzip
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyarrow.parquet as pq
import pytest
import yaml

from settings.places import ROOT
from tests.databases import PASSWORD, USER, PostgreSQL
from tests.lakehouse.fetch.conftest import ORDERS, jdbc
from tests.servers import Answer, serving

TOKEN, WRONG = "t0ken/9f8e7d+6c", "wr0ng&password/5b"
NEEDLES = [
    one.encode()
    for secret in (USER, PASSWORD, TOKEN, WRONG)
    for one in {secret, quote(secret, safe="")}
]


def contents(home: Path) -> Iterator[tuple[Path, bytes]]:
    """Every file under the folder, packed ones unpacked too."""
    for path in (p for p in home.rglob("*") if p.is_file()):
        yield path, path.read_bytes()
        if path.suffix == ".gz":
            yield path, gzip.decompress(path.read_bytes())
        elif path.suffix == ".parquet":
            yield path, repr(pq.read_table(path).to_pylist()).encode()


@pytest.mark.own_jvm("all that a process prints is looked at")
def test_no_credential_is_printed_or_written(orders: PostgreSQL, tmp_path: Path) -> None:
    orders.sql(
        "INSERT INTO orders VALUES (1, 'c1', 'p1', 1.5, '2026-01-01 12:00Z', '2026-01-01 12:00Z')"
    )
    home, conf, token = tmp_path / "home", tmp_path / "conf", tmp_path / "token"
    home.mkdir()
    token.write_text(TOKEN + "\n")
    shutil.copytree(ROOT / "conf", conf)
    with serving(lambda *_: Answer([{"id": "7"}])) as server:
        watched = {"column": "changed_at"}
        tenant = {
            "zone": "UTC",
            "currency": "EUR",
            "first_day": "2026-01-01",
            "sources": {
                "orders": {
                    **ORDERS,
                    "jdbc": jdbc(
                        orders, deletes=True, watermark=watched, partitions=2, partition_column="id"
                    ),
                },
                "customers": {
                    "delivery": "daily",
                    "columns": ["id"],
                    "mapping": {"customer_id": "id"},
                    "api": {"url": server.url, "token": {"secret": {"file": str(token)}}},
                },
            },
        }
        (conf / "tenants/secretive.yml").write_text(yaml.safe_dump(tenant))
        spark = '{spark.ui.enabled: "true", spark.ui.port: "0"}'
        settings = {
            "HEADWATER_HOME": str(home),
            "HEADWATER_CONF": str(conf),
            "HEADWATER_SPARK__CONF": spark,
        }
        command = [
            sys.executable,
            "-m",
            "headwater",
            "run",
            "fetch",
            "ingest",
            "silver",
            "--tenant",
            "secretive",
            "--profile",
        ]
        output = b""
        for start, end, password, code in (
            ("01", "02", PASSWORD, 0),
            ("02", "03", PASSWORD, 0),
            ("03", "04", WRONG, 1),
        ):
            days = ["--start", f"2026-01-{start}", "--end", f"2026-01-{end}"]
            login = {"SHOP_DB_USER": USER, "SHOP_DB_PASSWORD": password}
            done = subprocess.run(
                [*command, *days],
                env=os.environ | settings | login,
                capture_output=True,
                check=False,
                cwd=ROOT,
                timeout=900,
            )
            output += done.stdout + done.stderr
            assert done.returncode == code, done.stderr.decode()[-3000:]
        assert server.asked[0][2]["Authorization"] == f"Bearer {TOKEN}"
    assert b"refuses the login" in output
    assert [needle for needle in NEEDLES if needle in output] == []
    logs = [text for path, text in contents(home) if path.name.startswith("local-")]
    assert len(logs) == 3
    assert b"JDBCRelation" in b"".join(logs), "the plans are in the event log"
    modes = {path.stat().st_mode & 0o777 for path in home.glob("data/profiles/secretive/*/local-*")}
    assert modes == {0o600}
    assert output.count(b"silver_order_lines: rows") == 2, "the two runs that succeeded are told"
    assert [
        (str(path), needle) for path, text in contents(home) for needle in NEEDLES if needle in text
    ] == []
