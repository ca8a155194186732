"""The loader that versions registered by older Headwater name: MLflow imports it by this name."""

from models.registry.store import load_for_mlflow as _load_pyfunc

__all__ = ["_load_pyfunc"]
