"""The demo: shops that are played, and the runs through Airflow."""
