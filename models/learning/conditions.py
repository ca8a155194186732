"""Rows in memory for which an SQL condition of a kind holds, as Spark would choose them."""

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import sqlglot

from lakehouse.contract.expressions import parsed
from models.learning.inputs import KEY, require_columns


def where(rows: pd.DataFrame, condition: str) -> pd.DataFrame:
    """The rows for which a condition in Spark's SQL holds, in their order; a null does not hold.

    DuckDB computes it from the columns that the condition reads: rows of a training are in memory,
    read without a JVM.

    Raises:
        MissingFeatureError: the condition reads a column that the rows lack.
    """
    names = parsed(condition).names or frozenset()
    require_columns(rows, sorted(names))
    read = [name for name in rows.columns if name in KEY or str(name).lower() in names]
    text = sqlglot.transpile(condition, read="spark", write="duckdb")[0]
    with duckdb.connect() as database:
        database.register("rows", pa.Table.from_pandas(rows[read], preserve_index=False))
        query = f"SELECT coalesce({text}, false) AS holds FROM rows"  # noqa: S608 - the condition is a kind's own
        holds = database.execute(query).fetchnumpy()["holds"]
    return rows[np.asarray(holds, dtype=bool)]
