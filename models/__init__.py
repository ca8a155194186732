"""What each model is: split, fit, predict, measure, gate. The only room that knows MLflow, XGBoost
and scikit-learn.
"""

from typing import Any


def _load_pyfunc(path: str) -> Any:
    """What `mlflow.pyfunc.load_model` calls: a model is logged with `loader_module="models"`, a
    name that stays when files move.
    """
    from models.registry.store import load_for_mlflow  # noqa: PLC0415 - workers import less

    return load_for_mlflow(path)
