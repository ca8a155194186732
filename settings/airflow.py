"""What can be set of Airflow, in conf/airflow.yml.

It is how DAGs run the stages, who hears of failures, and the server of `headwater up`.
"""

from pathlib import Path

from pydantic import Field, model_validator

from settings.places import home
from settings.strict import Folder, Strict

# The file of spark-submit's --properties-file, which `headwater up` sets for the Airflow that it
# starts. It is not SPARK_CONF_DIR: that folder would stand in the JVM's class path, and Java uses
# no archive of classes where a folder that is not empty does.
SPARK_DEFAULTS_AT = "SPARK_DEFAULTS_OF_HEADWATER"


class Pool(Strict):
    """One Airflow pool per tenant; `{tenant}` in the name is filled in."""

    name: str
    slots: int = Field(ge=1)

    def name_for(self, tenant: str) -> str:
        """Return the name of a tenant's pool."""
        return self.name.format(tenant=tenant)


class Size(Strict):
    """What an application asks of Spark, as SparkSubmitOperator names it.

    The driver's memory is by default that of every run, `spark.driver_memory`.
    """

    driver_memory: str | None = None
    executor_memory: str | None = None
    executor_cores: int | None = None
    num_executors: int | None = None
    conf: dict[str, str] = Field(default_factory=dict)


class Email(Strict):
    """Where failures are mailed from and to."""

    host: str
    port: int = 25
    sender: str
    recipients: list[str] = Field(min_length=1)
    starttls: bool = False


class Notify(Strict):
    """The channels that hear of a failed task; a relative log begins in HEADWATER_HOME."""

    log: Folder
    webhook_url: str | None = None
    email: Email | None = None


class Server(Strict):
    """The port of Airflow on 127.0.0.1, how much it does at once and how long it is waited for."""

    port: int = Field(ge=0, le=65535)
    parallelism: int = Field(ge=1)
    start_seconds: int = Field(ge=1)
    stop_seconds: int = Field(ge=1)
    run_minutes: int = Field(ge=1)


class Airflow(Strict):
    """The whole of conf/airflow.yml."""

    retries: int = Field(ge=1)
    retry_delay_seconds: int = Field(ge=1)
    timeout_minutes: int = Field(ge=1)
    connection: str
    program: str | None = None
    pool: Pool
    applications: dict[str, list[list[str]]]
    sizes: dict[str, Size]
    notify: Notify
    server: Server

    @model_validator(mode="after")
    def _every_dag_has_a_size(self) -> "Airflow":
        unsized = set(self.applications) ^ set(self.sizes)
        if unsized:
            raise ValueError(
                "`applications` and `sizes` must name the same DAGs; only one of them names "
                + ", ".join(sorted(unsized))
            )
        if len(self.applications.get("backfill", [])) != 1:
            raise ValueError(
                "`applications.backfill` must be one application: its stages are a parameter of"
                " the run"
            )
        return self


def airflow_home() -> Path:
    """Return the folder of Airflow's database, logs and keys: data/airflow below `home`."""
    return (home() / "data/airflow").resolve()
