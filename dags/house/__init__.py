"""What every DAG of the house has in common, so that a DAG file holds schedule, order and sizing
only.
"""

from house.build import Days, applications, business_day, house_dag
from house.conf import airflow, shared, tenants

__all__ = ["Days", "airflow", "applications", "business_day", "house_dag", "shared", "tenants"]
