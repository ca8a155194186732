"""What every trained model can do, and the hash that says whether two models are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from models.inputs import Features, with_sorted_rows


class TrainedModel(Protocol):
    """A fitted model: immutable, picklable (it travels to Spark workers) and writable as plain
    files, never as a pickle.
    """

    @property
    def kind(self) -> str:
        """`churn` or `segments`; with the tenant it makes the registry name."""
        ...

    @property
    def identity(self) -> str:
        """Sha256 over the rows, the code and the parameters the model was made from."""
        ...

    @property
    def features(self) -> Features:
        """The columns the model reads."""
        ...

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """One row per row of `frame`, starting with customer_id and as_of."""
        ...

    def to_files(self) -> dict[str, bytes]:
        """File name -> content; `models.store.from_files` reads them back."""
        ...


def identity_of(rows: pd.DataFrame, code: Sequence[Path], parameters: Mapping[str, Any]) -> str:
    """Sha256 over the sorted rows, the text of the code files and the parameters; the order of the
    rows does not matter.
    """
    digest = hashlib.sha256()
    digest.update(rows_digest(rows).encode())
    for path in sorted(code):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    digest.update(json.dumps(dict(parameters), sort_keys=True, default=str).encode())
    return digest.hexdigest()


def rows_digest(rows: pd.DataFrame) -> str:
    """Sha256 over the column names and the values of a frame, rows sorted by key and columns by
    name.

    Dates, decimals, strings and nullable booleans are hashed by their text, however pandas holds
    them, with its constant key: equal rows have one hash, in every process.
    """
    ordered = with_sorted_rows(rows)
    ordered = ordered[sorted(ordered.columns)]
    plain = ordered.apply(
        lambda column: (
            column
            if isinstance(column.dtype, np.dtype) and column.dtype != object
            else _texts(column)
        )
    )
    values = pd.util.hash_pandas_object(plain, index=False).to_numpy()
    return hashlib.sha256(
        "\0".join(map(str, plain.columns)).encode() + values.tobytes()
    ).hexdigest()


def _texts(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), None).map(str)
