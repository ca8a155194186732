"""The hash that says whether two models are the same."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models.learning.inputs import with_sorted_rows


def identity_of(rows: pd.DataFrame, code: Iterable[Path], parameters: Mapping[str, Any]) -> str:
    """Sha256 over the sorted rows, what the code files do, and the parameters; the order of the
    rows and of the files, and their names, do not matter.
    """
    digest = hashlib.sha256()
    digest.update(rows_digest(rows).encode())
    digest.update("".join(sorted(map(code_digest, code))).encode())
    digest.update(json.dumps(dict(parameters), sort_keys=True, default=str).encode())
    return digest.hexdigest()


@cache
def code_digest(path: Path) -> str:
    """Sha256 over what a file does: its syntax tree without docstrings, places and imports.

    So it stays when the file moves, when it is laid out otherwise, and when its texts for people
    change.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:]
        # bodies, and the other branches of them
        for name, part in [pair for pair in ast.iter_fields(node) if isinstance(pair[1], list)]:
            kept = [child for child in part if not isinstance(child, ast.Import | ast.ImportFrom)]
            setattr(node, name, kept)
    return hashlib.sha256(ast.dump(tree).encode()).hexdigest()


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
