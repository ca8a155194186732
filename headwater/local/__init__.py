"""Starts, drives and stops the Airflow of this repository. Runs in .venv and never imports airflow:
that lives in .venv-airflow.
"""
