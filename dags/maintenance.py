"""`<tenant>_maintenance`: weekly, small files made large and files past their retention removed."""

from airflow.sdk import chain
from house import applications, house_dag, tenants

for tenant in tenants():
    with house_dag(
        "maintenance",
        tenant,
        schedule="0 3 * * 1",
        description="Optimize and vacuum the tenant's tables",
    ):
        chain(*applications("maintenance", tenant))
