"""What an engineer would write without a house: the same tables of the demo's shop by one script of
DuckDB, XGBoost and scikit-learn. `make bench-peer` puts its CPU seconds beside ours.

There is no contract, check, quarantine, manifest, history of versions, lineage, gate, release or
restart in it; a deleted customer stays, and reasons are names with numbers. Tables of an as-of
date are replaced as a whole. `tests/headwater/demo/test_peer.py` compares its numbers with those
of a lake.
"""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

import duckdb
import numpy as np
import pandas as pd
import typer
import xgboost as xgb
from sklearn.cluster import KMeans
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from bench import peer_sql as sql

STEP_DAYS, WINDOWS = 28, 6
TREES = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 3,
    "eta": 0.05,
    "min_child_weight": 20,
    "subsample": 0.8,
    "colsample_bytree": 0.5,
    "reg_lambda": 5,
    "nthread": 2,
}
SEEDS = 3
KEYS = ["customer_id", "as_of", "target"]
RFM = ["days_since_last_order", "order_count", "amount_sum"]
CLUSTERS = 6


@dataclass(frozen=True)
class Kind:
    """One model: what it is asked of (customers, or customers in campaigns), the days of its label,
    and how many windows, how many steps apart, it learns from.
    """

    name: str
    asked: str
    days: int
    windows: int = WINDOWS
    every: int = 1

    def as_ofs(self, as_of: date) -> list[date]:
        """The as-of dates to learn from, newest first: all labels are complete by `as_of`."""
        lag = -(-self.days // STEP_DAYS) * STEP_DAYS
        steps = range(self.windows)
        return [as_of - timedelta(days=lag + STEP_DAYS * self.every * step) for step in steps]


KINDS = (
    Kind("churn", "customers", 28),
    Kind("churn_91d", "customers", 91, windows=3, every=2),
    Kind("campaign_response", "campaigns", 28),
)


def main(
    stage: Annotated[str, typer.Argument(help="load, train or day")],
    landing: Annotated[Path, typer.Option(help="The shop's folder of the landing zone.")],
    into: Annotated[Path, typer.Option(help="The folder of its database and models.")],
    start: Annotated[str, typer.Option(help="First arrival day.")],
    end: Annotated[str, typer.Option(help="The day after the last one, which is the as-of date.")],
) -> None:
    """Carry out one stage."""
    into.mkdir(parents=True, exist_ok=True)
    first, as_of = date.fromisoformat(start), date.fromisoformat(end)
    with duckdb.connect(str(into / "shop.duckdb"), config={"threads": 2}) as shop:
        if stage != "train":
            load(shop, landing, first, as_of)
        if stage == "train":
            (into / "models.pickle").write_bytes(pickle.dumps(train(shop, as_of)))
        if stage == "day":
            models = pickle.loads((into / "models.pickle").read_bytes())  # noqa: S301 - our own
            publish(shop, models, as_of)


def load(shop: duckdb.DuckDBPyConnection, landing: Path, first: date, end: date) -> None:
    """Bronze and silver of the files that arrived on these days."""
    shop.execute("SET TimeZone = 'UTC'")
    for source, reader in sql.READERS.items():
        files = [
            str(path)
            for path in sorted((landing / source).glob("*/*"))
            if first <= date.fromisoformat(path.parent.name) < end
        ]
        if not files:
            continue
        shop.execute(f"CREATE OR REPLACE TEMP TABLE arrived AS {reader}", [files])
        shop.execute(f"CREATE TABLE IF NOT EXISTS bronze_{source} AS FROM arrived LIMIT 0")
        shop.execute(
            f"DELETE FROM bronze_{source} WHERE filename IN (SELECT filename FROM arrived)"
        )
        shop.execute(f"INSERT INTO bronze_{source} FROM arrived")
        for statement in sql.SILVER[source]:
            shop.execute(statement)


def train(shop: duckdb.DuckDBPyConnection, as_of: date) -> dict[str, Any]:
    """A model per kind and the groups of customers, learned from what was known on the day."""
    as_ofs = sorted({day for kind in KINDS for day in kind.as_ofs(as_of)} | {as_of})
    features(shop, as_ofs)
    models: dict[str, Any] = {}
    for kind in KINDS:
        labelled = rows_of(shop, kind, kind.as_ofs(as_of), labelled=True)
        names = [name for name in labelled.columns if name not in (*KEYS, "outcome")]
        newest = labelled["as_of"] == labelled["as_of"].max()
        ended = labelled["as_of"] <= labelled["as_of"].max() - pd.Timedelta(days=kind.days)
        rounds = _boosted(labelled[ended], names, 0, 1000, early=labelled[newest]).best_iteration
        models[kind.name] = [
            _boosted(labelled, names, seed, rounds + 1).save_raw() for seed in range(SEEDS)
        ]
    points = shop.execute(f"SELECT {', '.join(RFM)} FROM features WHERE as_of = $1", [as_of]).df()
    groups = make_pipeline(StandardScaler(), KMeans(CLUSTERS, n_init=10, random_state=0))
    models["segments"] = groups.fit(np.log1p(points.dropna().astype(float)))
    return models


def _boosted(
    rows: pd.DataFrame, names: list[str], seed: int, rounds: int, early: pd.DataFrame | None = None
) -> xgb.Booster:
    data = _matrix(rows, names)
    watched = {} if early is None else {"early_stopping_rounds": 50}
    evals = [] if early is None else [(_matrix(early, names), "early")]
    return xgb.train(
        {**TREES, "seed": seed}, data, rounds, evals=evals, verbose_eval=False, **watched
    )


def _matrix(rows: pd.DataFrame, names: list[str]) -> xgb.DMatrix:
    return xgb.DMatrix(rows[names], rows.get("outcome"), enable_categorical=True)


def features(shop: duckdb.DuckDBPyConnection, as_ofs: Sequence[date]) -> None:
    """The features of every customer as of the dates, and who is in which campaign."""
    shop.execute("CREATE OR REPLACE TEMP TABLE as_ofs (as_of DATE)")
    shop.executemany("INSERT INTO as_ofs VALUES ($1)", [[day] for day in as_ofs])
    for name, query in (("features", sql.FEATURES), ("campaigns", sql.CAMPAIGNS)):
        _replace(shop, name, query)


def rows_of(
    shop: duckdb.DuckDBPyConnection, kind: Kind, as_ofs: Sequence[date], *, labelled: bool = False
) -> pd.DataFrame:
    """The rows that a kind is asked of, with features and, where asked for, the outcome."""
    days = ", ".join(f"DATE '{day}'" for day in as_ofs)
    outcome = f", {sql.OUTCOMES[kind.name]} AS outcome" if labelled else ""
    query = sql.ASKED[kind.asked].format(outcome=outcome, days=days)
    rows: pd.DataFrame = shop.execute(query.replace("{length}", str(kind.days))).df()
    texts = [name for name in rows.columns if name.startswith("demographic_")]
    for name in texts:
        words = shop.execute(f"SELECT DISTINCT {name} FROM features ORDER BY 1").df()[name]
        rows[name] = pd.Categorical(rows[name], words)
    return rows


def publish(shop: duckdb.DuckDBPyConnection, models: dict[str, Any], as_of: date) -> None:
    """Features, scores and every table that apps read, as of the day."""
    features(shop, [as_of])
    scored = pd.concat([_scored(shop, kind, models[kind.name], as_of) for kind in KINDS])
    shop.register("scored", scored)
    _replace(shop, "predictions", "SELECT * REPLACE (as_of::DATE AS as_of) FROM scored")
    columns = ", ".join(["customer_id", *RFM])
    people = shop.execute(
        f"SELECT {columns} FROM features WHERE as_of = $1 AND order_count > 0", [as_of]
    ).df()
    people["cluster"] = models["segments"].predict(np.log1p(people[RFM].astype(float)))
    shop.register("grouped", people[["customer_id", "cluster"]])
    for name, query in sql.GOLD.items():
        _replace(shop, name, query)


def _scored(
    shop: duckdb.DuckDBPyConnection, kind: Kind, raws: list[bytearray], as_of: date
) -> pd.DataFrame:
    """One row per row that the kind is asked of: the probability and its three strongest
    reasons.
    """
    rows = rows_of(shop, kind, [as_of])
    keys, names = rows[KEYS], [name for name in rows.columns if name not in KEYS]
    margins = np.zeros((len(rows), len(names) + 1))
    if len(rows):
        data = _matrix(rows, names)
        parts = [xgb.Booster(model_file=raw).predict(data, pred_contribs=True) for raw in raws]
        margins = np.mean(parts, axis=0)
    strongest = np.argsort(-np.abs(margins[:, :-1]), axis=1)[:, :3]
    cells = {name: rows[name].to_numpy(dtype=object) for name in names}
    return keys.assign(
        kind=kind.name,
        value=1 / (1 + np.exp(-margins.sum(axis=1))),
        **{
            f"reason_{place + 1}": [
                f"{names[of[place]]}: {cells[names[of[place]]][row]}"
                for row, of in enumerate(strongest)
            ]
            for place in range(3)
        },
    )


def _replace(shop: duckdb.DuckDBPyConnection, name: str, query: str) -> None:
    """Replace the rows of the as-of dates that the query brings."""
    shop.execute(f"CREATE OR REPLACE TEMP TABLE made AS {query}")
    shop.execute(f"CREATE TABLE IF NOT EXISTS {name} AS FROM made LIMIT 0")
    shop.execute(f"DELETE FROM {name} WHERE as_of IN (FROM as_ofs)")
    shop.execute(f"INSERT INTO {name} FROM made")


if __name__ == "__main__":
    typer.run(main)
