"""Models in MLflow: files, runs, versions, promotion."""
