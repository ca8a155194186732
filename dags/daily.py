"""`<tenant>_daily`: every day of the tenant's zone, from what arrived on that day to a new release
and its report.
"""

from airflow.sdk import chain
from house import applications, house_dag, tenants

for tenant in tenants():
    with house_dag(
        "daily",
        tenant,
        schedule="@daily",
        description="One day: fetch, ingest, silver, features, score, gold, release, report",
    ):
        chain(*applications("daily", tenant))
