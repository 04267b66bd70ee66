"""What the stream has selected is selected again from the lake, and can be explained sample by sample."""

import os
import re
from typing import Any

import pytest
from sqlalchemy import insert
from typer.testing import CliRunner, Result

from assay.cli import app
from examples.simulation.faults import Production
from quality.routing.rehearsal import Rehearsal, Tally
from schemas.routing import Hits, Quota, Steering
from schemas.verdicts import Receipt
from storage import receipts
from storage.projects import read_project
from storage.rehearsals import archived, find, taken_up
from storage.tables import SteeringRow

TOLD = Steering(
    version=1,
    hits={"uncertain": Hits(labels=90, hits=80), "audit": Hits(labels=90, hits=1)},
    quotas=(Quota(column="prediction.top", value="8", want=40),),
    asked_by=2,
)


@pytest.fixture(scope="module")
def routed(shared_line: Any, records: list[Production]) -> Any:
    """A line whose records were screened in small blocks, under steering that came on the way, and archived."""
    line = shared_line
    file = line.project.folder / "project.toml"
    file.write_text(file.read_text().replace("block = 250", "block = 10"))
    line.project = read_project(line.project.folder)
    line.start("screen", ASSAY_FRAME_RECORDS="10")
    line.start("keep")
    line.publish(records[:200])
    line.audited()
    with line.engine.begin() as connection:
        row = {"project": line.project.config.name, "version": 1, "body": TOLD.model_dump(mode="json")}
        connection.execute(insert(SteeringRow).values(row))
    for start in range(200, len(records), 50):  # until the workers have looked, and a block has begun since
        line.publish(records[start : start + 50])
        line.audited()
    return line


def _receipts(line: Any) -> list[Receipt]:
    return receipts.receipts_of(line.engine, line.project.topics.samples)


def test_the_lake_and_the_receipts_give_the_same_selections(routed: Any) -> None:
    """All of them, and for no other samples."""
    name, topic = routed.project.config.name, routed.project.topics.samples
    selected = {(one.partition, offset) for one in _receipts(routed) for offset in one.selected}
    again = set()
    for partition, samples in archived(routed.lake, name):
        rehearsal = Rehearsal(routed.project.screening, taken_up(routed.engine, name, topic, partition))
        for batch, selections in rehearsal.routed(samples):
            again |= {(partition, batch.offsets[place]) for place in selections}
    assert again == selected
    assert len(selected) > 20
    assert {one.partition for one in _receipts(routed) if one.steered} == set(range(4))


def test_a_selection_is_explained_as_it_was_made(routed: Any) -> None:
    """A selected sample and one that was not: the reasons are those that its task carries, and none."""
    name = routed.project.config.name
    chosen = {(one.partition, offset) for one in _receipts(routed) for offset in one.selected}
    rows = routed.lake.samples(name, ("sample_id", "partition", "offset")).to_pylist()
    late = sorted(rows, key=lambda row: -row["offset"])
    picked = [next(row for row in late if ((row["partition"], row["offset"]) in chosen) == wanted) for wanted in (1, 0)]
    for row, wanted in zip(picked, (True, False), strict=True):
        sought = find(routed.lake, routed.engine, name, row["sample_id"])
        told = assay(routed, "explain", row["sample_id"])
        assert told.exit_code == 0, told.output
        assert (sought.selected is not None) == wanted
        assert ("It was selected: " in told.output) == wanted
        assert re.search(r"under steering [1-9]", told.output)
        assert "The two differ" not in told.output


def test_a_sample_that_nobody_knows_is_said_to_be_so(routed: Any) -> None:
    """With what may have become of it; quotes in an id are no syntax."""
    told = assay(routed, "explain", "it's not there")
    assert told.exit_code == 1
    assert "was rejected or repeats another" in str(told.exception)


def test_a_policy_is_tried_on_what_has_passed(routed: Any) -> None:
    """By reason, class and source, before anyone turns it on; and nothing is written."""
    before = len(_receipts(routed))
    told = assay(routed, "simulate")
    assert told.exit_code == 0, told.output
    tally = Tally()
    for _, samples in archived(routed.lake, routed.project.config.name):
        Rehearsal(routed.project.screening).tally(samples, tally)
    assert f"Of {tally.seen} archived samples" in told.output
    assert all(word in told.output for word in ("audit", "prediction.top", "source"))
    assert len(_receipts(routed)) == before
    assert "No archived sample lies in that window" in str(assay(routed, "simulate", "--until", "1999-01-01").exception)


def assay(line: Any, *arguments: str) -> Result:
    """Run `assay routing` on the line."""
    variables = {
        "ASSAY_KAFKA_BOOTSTRAP": line.bootstrap,
        "ASSAY_DATABASE_URL": line.storage.database_url.get_secret_value(),
        "ASSAY_LAKE": line.storage.lake,
        "ASSAY_PROJECT": str(line.project.folder),
        "COLUMNS": "200",
    }
    return CliRunner(env=os.environ | variables).invoke(app, ["routing", *arguments])
