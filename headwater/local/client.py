"""A small client of Airflow's REST API, on the standard library."""

import json
import urllib.error
import urllib.request
from datetime import datetime
from typing import Any
from urllib.parse import quote

# SQLite has one writer, and Spark both cores: seconds are usual, a minute is not
TIMEOUT_SECONDS = 60
CONFLICT = 409
NOT_FOUND = 404
UNAUTHORIZED = 401


class ApiError(RuntimeError):
    """Airflow refused a request or did not answer; `status` is the HTTP status, 0 without an
    answer.
    """

    def __init__(self, message: str, status: int = 0):
        super().__init__(message)
        self.status = status


class Client:
    """Talks to the API server at `url`; fetches its token by itself, and anew when it expires."""

    def __init__(self, url: str):
        self.url = url
        self._token: str | None = None

    def health(self) -> dict[str, Any]:
        """Status of database, scheduler and DAG processor."""
        return self._ask("GET", "/api/v2/monitor/health", with_token=False)

    def has_dag(self, dag_id: str) -> bool:
        """Whether the DAG processor has read it."""
        try:
            self.call("GET", f"/dags/{dag_id}")
        except ApiError as error:
            if error.status == NOT_FOUND:
                return False
            raise
        return True

    def import_errors(self) -> list[str]:
        """File and last line of the error of each DAG file that Airflow could not read."""
        errors = self.call("GET", "/importErrors")["import_errors"]
        return [
            f"{error['filename']}: {error['stack_trace'].strip().splitlines()[-1]}"
            for error in errors
        ]

    def ensure_pool(self, name: str, slots: int) -> None:
        """Creates the pool or sets its size: a task in a pool that is missing waits forever,
        without an error.
        """
        if name in {pool["name"] for pool in self.call("GET", "/pools?limit=1000")["pools"]}:
            self.call(
                "PATCH",
                f"/pools/{quote(name)}?update_mask=slots",
                {"pool": name, "slots": slots, "include_deferred": False},
            )
        else:
            self.call(
                "POST",
                "/pools",
                {"name": name, "slots": slots, "description": "One run at a time per tenant"},
            )

    def pause(self, dag_id: str, *, paused: bool) -> None:
        """Pauses or unpauses a DAG."""
        self.call("PATCH", f"/dags/{dag_id}", {"is_paused": paused})

    def fail_unfinished(self, dag_id: str) -> list[str]:
        """Marks runs as failed that a killed server left behind: they would hold the DAG's only run
        slot. Returns their ids.
        """
        runs = self.call("GET", f"/dags/{dag_id}/dagRuns?state=running&state=queued&limit=100")[
            "dag_runs"
        ]
        for run in runs:
            self.call(
                "PATCH",
                run_path(dag_id, run["dag_run_id"]),
                {"state": "failed", "note": "left behind by a stopped server"},
            )
        return [run["dag_run_id"] for run in runs]

    def trigger(
        self,
        dag_id: str,
        *,
        conf: dict[str, Any] | None = None,
        interval: tuple[datetime, datetime] | None = None,
    ) -> str:
        """Starts a run and returns its id; a run that the same interval has already had is cleared,
        so that it runs again.
        """
        body: dict[str, Any] = {"logical_date": None, "conf": conf or {}}
        if interval:
            start, end = (instant.isoformat() for instant in interval)
            body |= {"logical_date": start, "data_interval_start": start, "data_interval_end": end}
        try:
            return str(self.call("POST", f"/dags/{dag_id}/dagRuns", body)["dag_run_id"])
        except ApiError as error:
            if error.status != CONFLICT or not interval:
                raise
        return self._run_again(dag_id, body["logical_date"])

    def run_state(self, dag_id: str, run_id: str) -> str:
        """`queued`, `running`, `success` or `failed`."""
        return str(self.call("GET", run_path(dag_id, run_id))["state"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Task instances of a run, those that began first before the others."""
        instances: list[dict[str, Any]] = self.call(
            "GET", run_path(dag_id, run_id) + "/taskInstances"
        )["task_instances"]
        return sorted(instances, key=lambda task: (task["start_date"] or "9", task["task_id"]))

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One request below /api/v2.

        Raises:
            ApiError: with Airflow's own words.
        """
        try:
            return self._ask(method, "/api/v2" + path, body)
        except ApiError as error:
            if error.status != UNAUTHORIZED:
                raise
        self._token = None
        return self._ask(method, "/api/v2" + path, body)

    def _run_again(self, dag_id: str, logical_date: str) -> str:
        day = quote(logical_date)
        runs = self.call(
            "GET", f"/dags/{dag_id}/dagRuns?logical_date_gte={day}&logical_date_lte={day}"
        )["dag_runs"]
        run_id = str(runs[0]["dag_run_id"])
        self.call(
            "POST",
            run_path(dag_id, run_id) + "/clear",
            {"dry_run": False, "run_on_latest_version": True},
        )
        return run_id

    def _ask(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, with_token: bool = True
    ) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        if with_token:
            self._token = self._token or str(
                self._ask("GET", "/auth/token", with_token=False)["access_token"]
            )
            headers["Authorization"] = f"Bearer {self._token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)  # noqa: S310 (always http to loopback)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                document: dict[str, Any] = json.loads(answer.read() or b"{}")
                return document
        except urllib.error.HTTPError as error:
            raise ApiError(
                f"Airflow answered {error.code} to {method} {path}: {error.read().decode()[:2000]}",
                error.code,
            ) from error
        except (OSError, ValueError) as error:
            raise ApiError(
                f"Airflow at {self.url} did not answer {method} {path}: {error}"
            ) from error


def run_path(dag_id: str, run_id: str) -> str:
    """Path of one DAG run; its id holds colons and plus signs."""
    return f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}"
