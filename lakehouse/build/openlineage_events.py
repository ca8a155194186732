"""Sends OpenLineage events about the build of each table: which versions it read, what it wrote,
and how it ended.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, RunEvent, RunState
from openlineage.client.event_v2 import Run as EventRun
from openlineage.client.facet_v2 import (
    DatasetFacet,
    RunFacet,
    base_subset_dataset,
    column_lineage_dataset,
    data_quality_assertions_dataset,
    dataset_version_dataset,
    error_message_run,
    output_statistics_output_dataset,
    schema_dataset,
    set_producer,
    tags_run,
)

import lakehouse
from lakehouse.build.batch import Batch
from lakehouse.contract.columns import column
from lakehouse.contract.table import Table
from lakehouse.intake.arrivals import LOADED
from lakehouse.intake.landing import folder_of
from lakehouse.lineage.column_lineage import LANDING, LINEAGE_FILE, Inputs, lineage_of
from lakehouse.lineage.lineage_channels import send
from lakehouse.store import ops
from lakehouse.store.context import Context
from lakehouse.store.records import PASSED, Outcome

PRODUCER = f"urn:headwater:{lakehouse.__version__}"
NAMESPACE = "file"  # OpenLineage's name for the local file system: a dataset's name is its path
RUNS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:headwater:runs")


@dataclass
class Account:
    """What the events tell of a build. `version` is None when the build wrote nothing."""

    inputs: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    version: int | None = None
    rows: int = 0

    def reads(self, batch: Batch) -> None:
        """Note the inputs and files of a batch."""
        self.inputs = batch.provenance.inputs
        self.files = [file.source_file for file in batch.files if file.file_state == LOADED]


@contextmanager
def emitting_events(context: Context, table: Table) -> Iterator[Account]:
    """Send START before the block. After it, send COMPLETE, FAIL with the error, or ABORT when the
    process is interrupted.
    """
    account = Account()
    _send(context, table, RunState.START, account)
    try:
        yield account
    except Exception as error:
        _send(context, table, RunState.FAIL, account, error)
        raise
    except BaseException:
        _send(context, table, RunState.ABORT, account)
        raise
    _send(context, table, RunState.COMPLETE, account)


def run_uuid(run_id: str, table: str) -> str:
    """The id of a build in OpenLineage. The same run and table always have the same id."""
    return str(uuid.uuid5(RUNS, f"{run_id}/{table}"))


def _send(
    context: Context,
    table: Table,
    state: RunState,
    account: Account,
    error: Exception | None = None,
) -> None:
    set_producer(PRODUCER)
    facets: dict[str, RunFacet] = {"tags": _tags(context, table)}
    if error:
        facets["errorMessage"] = error_message_run.ErrorMessageRunFacet(
            f"{type(error).__name__}: {error}", "python"
        )
    event = RunEvent(
        eventType=state,
        eventTime=ops.now().isoformat(),
        producer=PRODUCER,
        run=EventRun(run_uuid(context.run.run_id, table.name), facets),
        job=Job(f"headwater.{context.run.tenant}", table.name),
        inputs=_inputs(context, table, account),
        # a build that wrote nothing has no output
        outputs=[]
        if state is RunState.COMPLETE and account.version is None
        else [_output(context, table, account)],
    )
    send(context.settings, context.run, event)


def _tags(context: Context, table: Table) -> tags_run.TagsRunFacet:
    """The tags by which a reader of the event finds the build in `ops_runs`."""
    tags = {
        "run_id": context.run.run_id,
        "stage": table.stage,
        "slice_start": str(context.run.start),
        "slice_end": str(context.run.end),
    }
    return tags_run.TagsRunFacet(
        [tags_run.TagsRunFacetFields(key, value, "headwater") for key, value in tags.items()]
    )


def _inputs(context: Context, table: Table, account: Account) -> list[InputDataset]:
    if table.source:
        return (
            [_landing(context, table.source, account)]
            if table.source in context.settings.tenant.sources
            else []
        )
    datasets = []
    for name in table.inputs:
        facets: dict[str, DatasetFacet] = {}
        if name in account.inputs:
            facets["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(
                str(account.inputs[name])
            )
        datasets.append(InputDataset(NAMESPACE, str(context.lake / name), facets=facets))
    return datasets


def _landing(context: Context, source: str, account: Account) -> InputDataset:
    """The source's folder in the landing zone as one dataset, with the names of the files that were
    read. If each file were a dataset, there would be new datasets every day.
    """
    folder = InputDataset(NAMESPACE, _place(context, f"{LANDING}_{source}"))
    if account.files:
        files = base_subset_dataset.LocationSubsetCondition(account.files)
        folder.inputFacets = {"subset": base_subset_dataset.InputSubsetInputDatasetFacet(files)}
    return folder


def _output(context: Context, table: Table, account: Account) -> OutputDataset:
    """The table as a dataset. Version, schema and column lineage are there only when a version was
    written; the outcomes of checks are there also when the rows were refused.
    """
    output, of_rows, of_version = (
        str(context.lake / table.name),
        dict[str, Any](),
        dict[str, DatasetFacet](),
    )
    if account.outcomes:
        of_rows["dataQualityAssertions"] = _assertions(account)
    if account.version is not None:
        of_rows["outputStatistics"] = (
            output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                rowCount=account.rows
            )
        )
        of_version["version"] = dataset_version_dataset.DatasetVersionDatasetFacet(
            str(account.version)
        )
        of_version["schema"] = _schema(context, table)
        if lineage := _column_lineage(context, table):
            of_version["columnLineage"] = lineage
    return OutputDataset(NAMESPACE, output, facets=of_version, outputFacets=of_rows)


def _schema(context: Context, table: Table) -> schema_dataset.SchemaDatasetFacet:
    source = table.delivered_by(context.settings.tenant)
    delivered = [
        schema_dataset.SchemaDatasetFacetFields(name, "string")
        for name in (source.all_columns if source else ())
    ]
    ours = [
        schema_dataset.SchemaDatasetFacetFields(name, column(name).type, column(name).description)
        for name in table.columns
    ]
    return schema_dataset.SchemaDatasetFacet([*delivered, *ours])


def _column_lineage(
    context: Context, table: Table
) -> column_lineage_dataset.ColumnLineageDatasetFacet | None:
    """The input columns of the table's columns, from the file that `make docs` writes; None when
    the file has no column of the table.
    """
    lineage = lineage_of(context.run.tenant) if LINEAGE_FILE.exists() else {}
    of_table = {
        name.removeprefix(f"{table.name}."): inputs
        for name, inputs in lineage.items()
        if name.startswith(f"{table.name}.")
    }
    fields = {
        name: column_lineage_dataset.Fields(_fields(context, inputs))
        for name, inputs in of_table.items()
    }
    return column_lineage_dataset.ColumnLineageDatasetFacet(fields) if fields else None


def _fields(context: Context, inputs: Inputs) -> list[column_lineage_dataset.InputField]:
    kinds = [(name, "DIRECT") for name in inputs.direct] + [
        (name, "INDIRECT") for name in inputs.indirect
    ]
    return [
        column_lineage_dataset.InputField(
            NAMESPACE,
            _place(context, table),
            delivered,
            [column_lineage_dataset.Transformation(kind)],
        )
        for name, kind in kinds
        for table, _, delivered in [name.partition(".")]
    ]


def _place(context: Context, table: str) -> str:
    """The path of a table, or that of a source's folder in the landing zone."""
    if table.startswith(f"{LANDING}_"):
        return str(folder_of(context.settings, table.removeprefix(f"{LANDING}_")))
    return str(context.lake / table)


def _assertions(
    account: Account,
) -> data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet:
    return data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet(
        [_assertion(outcome) for outcome in account.outcomes]
    )


def _assertion(outcome: Outcome) -> data_quality_assertions_dataset.Assertion:
    return data_quality_assertions_dataset.Assertion(
        assertion=outcome.check_name,
        success=outcome.status == PASSED,
        severity="error" if outcome.level == "ERROR" else "warn",
        description=outcome.message or None,
        expected=outcome.expected,
        actual=None if outcome.observed is None else f"{outcome.observed:g}",
    )
