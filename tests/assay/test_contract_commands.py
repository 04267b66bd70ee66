"""Contract versions on the command line: compared with reasons, and published for other teams' tools."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from assay.asyncapi import OUTPUTS, document
from assay.cli import app
from quality.replay import Replay
from quality.screening import screen
from quality.state import State
from quality.testing import frame, kafka, screening
from schemas.errors import InputError, ProjectError
from schemas.samples import json_schema
from schemas.testing import encoded, record, register
from schemas.topics import Topics
from schemas.verdicts import Event, Origin
from storage.projects import read_project

DIGITS = Path(__file__).parents[2] / "examples" / "digits"
PROJECT = read_project(DIGITS)
WIDER = """
class DigitV2(DigitV1):
    note: str = ""
"""
TIGHTER = """
class DigitV3(DigitV1):
    pixels: Annotated[list[Annotated[int, Field(ge=0, le=16)]], Field(min_length=64, max_length=64)]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example with three contract versions: the second may have a note, the third has none and bounds pixels."""
    copy = tmp_path / "digits"
    shutil.copytree(DIGITS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "contract.py").open("a", encoding="utf-8") as file:
        file.write(WIDER + TIGHTER)
    further = ', 2 = "contract.py:DigitV2", 3 = "contract.py:DigitV3" }'
    text = (copy / "project.toml").read_text(encoding="utf-8")
    (copy / "project.toml").write_text(text.replace('DigitV1" }', f'DigitV1"{further}'), encoding="utf-8")
    return copy


def contract(*arguments: object) -> Result:
    """Run `assay contract` with these arguments."""
    return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["contract", *map(str, arguments)])


def words(result: Result) -> str:
    """Return what a command printed, on one line."""
    return " ".join(result.stdout.split())


def test_a_compatible_version_is_called_so_and_exits_with_0(folder: Path) -> None:
    """With each change and why it is compatible."""
    told = contract("diff", folder, 1, 2)
    assert told.exit_code == 0
    assert "note" in told.stdout
    assert "samples of the old version leave it out" in words(told).replace("│ │", "")
    assert "From version 1 to version 2: backward compatible; compatibility backward." in words(told)


def test_the_last_two_versions_are_compared_and_breaking_exits_with_1(folder: Path) -> None:
    """And a payload shows it."""
    told = contract("diff", folder)
    assert told.exit_code == 1
    assert "From version 2 to version 3: breaking (3 of 3 changes)" in words(told)
    assert 'breaks {"pixels": [17, 17, 17, "... 64 in all"]}' in words(told)


def test_one_version_alone_is_said_to_be_alone() -> None:
    """That is no fault: a check in CI passes until there is a second."""
    told = contract("diff", DIGITS)
    assert (told.exit_code, words(told)) == (
        0,
        "digits has one contract version, 1: there is nothing to compare it with.",
    )


def test_a_version_that_does_not_exist_is_named_with_those_that_do(folder: Path) -> None:
    """As every other mistake."""
    failed = contract("diff", folder, 1, 9)
    assert isinstance(failed.exception, InputError)
    assert str(failed.exception) == "Project digits has no contract version 9; it has [1, 2, 3]."
    assert isinstance(contract("diff", folder / "nowhere").exception, ProjectError)


def test_the_export_is_one_schema_a_version_and_the_topics(folder: Path, tmp_path: Path) -> None:
    """Exporting again gives the same bytes."""
    to = tmp_path / "made" / "here"
    names = ["digits.asyncapi.json", "digits.v1.schema.json", "digits.v2.schema.json", "digits.v3.schema.json"]
    assert contract("export", folder, "--to", to).exit_code == 0
    written = {path.name: path.read_bytes() for path in to.iterdir()}
    assert sorted(written) == names
    assert contract("export", folder, "--to", to).exit_code == 0
    assert {path.name: path.read_bytes() for path in to.iterdir()} == written
    assert json.loads(written["digits.v2.schema.json"]) == json_schema(read_project(folder).samples[2])


def test_a_place_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / "file").touch()
    failed = contract("export", DIGITS, "--to", tmp_path / "file")
    assert "name another folder with --to" in str(failed.exception)


ASYNCAPI = document(PROJECT)


def references(part: Any) -> Iterator[str]:
    """Yield every reference in a document."""
    if isinstance(part, dict):
        for name, below in part.items():
            yield from [below] if name == "$ref" else references(below)
    elif isinstance(part, list):
        for below in part:
            yield from references(below)


def at(reference: str) -> Any:
    """Return what a reference leads to."""
    found: Any = ASYNCAPI
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_every_topic_is_in_the_document_with_its_partitions() -> None:
    """By its whole name."""
    channels = ASYNCAPI["channels"].values()
    assert sorted(channel["address"] for channel in channels) == sorted(Topics(project="digits").all)
    assert {channel["bindings"]["kafka"]["partitions"] for channel in channels} == {PROJECT.config.partitions}


def test_the_document_has_what_the_specification_requires() -> None:
    """AsyncAPI 3.0: version, title, an operation's action and channel; and every reference leads somewhere."""
    assert (ASYNCAPI["asyncapi"], set(ASYNCAPI["info"]) >= {"title", "version"}) == ("3.0.0", True)
    assert all(re.fullmatch(r"[\w.-]+", name) for kind in ASYNCAPI["components"].values() for name in kind)
    assert [each["action"] for each in ASYNCAPI["operations"].values()] == ["receive", "receive"] + ["send"] * len(
        {output.topic for output in OUTPUTS}
    )
    assert all(at(reference) is not None for reference in references(ASYNCAPI))


def validator(message: str) -> jsonschema.Draft7Validator:
    """Return what validates a message's payload; its schemas stand in the document."""
    payload = ASYNCAPI["components"]["messages"][message]["payload"]
    return jsonschema.Draft7Validator({**payload, "components": ASYNCAPI["components"]})


@pytest.mark.parametrize("name", ASYNCAPI["components"]["schemas"])
def test_every_schema_is_one(name: str) -> None:
    """Of draft-07, which AsyncAPI's own format contains."""
    jsonschema.Draft7Validator.check_schema(ASYNCAPI["components"]["schemas"][name])


def test_the_headers_of_replays_are_described() -> None:
    """As a replayed dead letter has them."""
    entry = Replay.of(Origin(topic="digits.samples", partition=3, offset=7), None, replay_id=UUID(int=1), sought_from=9)
    told = {name: (value or b"").decode() for name, value in entry.headers}
    headers = ASYNCAPI["components"]["messages"]["SampleV1"]["headers"]
    jsonschema.Draft7Validator(headers).validate(told)
    assert set(headers["properties"]) == set(told)


register([output.event for output in OUTPUTS])


@pytest.mark.parametrize("kind", [output.event for output in OUTPUTS])
@given(data=st.data())
def test_every_event_is_valid_under_its_schema(kind: type[Event], data: st.DataObject) -> None:
    """Whatever it says."""
    event = data.draw(st.from_type(kind))
    validator(kind.__name__).validate(json.loads(event.model_dump_json()))


def test_what_screening_publishes_is_valid_under_its_schema() -> None:
    """Accepted, rejected, tasks and receipts of real records; an event that lacks a field is not."""
    values = [encoded(record(number, source="camera-1")) for number in range(40)]
    outcome = screen(frame(kafka([*values, b"{"])), State(), screening())
    published = {
        "AcceptedSample": outcome.accepted.values(),
        "DeadLetter": [letter.model_dump_json() for letter in outcome.rejected.values()],
        "TaskRequest": outcome.tasks.values(),
        "Receipt": [outcome.receipt.model_dump_json()],
    }
    for name, written in published.items():
        assert written
        for plain in map(json.loads, written):
            validator(name).validate(plain)
            assert not validator(name).is_valid({k: v for k, v in plain.items() if k != "versions"})
