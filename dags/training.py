"""`<tenant>_training`: weekly, candidates for champion, trained as of the end of the week; the
stages choose their own past as-of dates.
"""

from airflow.sdk import chain
from house import applications, house_dag, tenants

for tenant in tenants():
    with house_dag(
        "training",
        tenant,
        schedule="@weekly",
        description="Train on past snapshots; the gate decides who becomes champion",
    ):
        chain(*applications("training", tenant))
