"""`assay suggest`: a suite proposed from a project's samples or from a file, with its evidence."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from pydantic import SecretStr
from typer.testing import CliRunner, Result

from assay.cli import app
from assay.tables import cell, read_table
from catalog.expectations import frame, run
from quality.columns import payload_of
from quality.rules import compile_suite
from schemas.errors import InputError
from storage.lake import Lake
from storage.projects import read_project
from storage.settings import StorageSettings
from storage.testing import accepted_sample, archive_samples, fresh_database, write_project

COUNT = 320
ROWS = [{"state": "on" if row % 2 else "off", "level": row % 50 / 10} for row in range(COUNT)]


def suggest(*arguments: object, **variables: str) -> Result:
    """Run `assay suggest` with these arguments."""
    return CliRunner(env={"COLUMNS": "250", **variables}).invoke(app, ["suggest", *map(str, arguments)])


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A CSV file of good rows."""
    file = tmp_path / "machine.csv"
    file.write_text("state,level\n" + "".join(f"{row['state']},{row['level']}\n" for row in ROWS), encoding="utf-8")
    return file


def test_a_file_is_all_one_needs_to_begin(table: Path) -> None:
    """Each rule is shown with the rows that speak for it, and nothing is written."""
    told = suggest(table)
    assert told.exit_code == 0, told.exception
    assert "320 of 320 rows have a value" in told.stdout
    assert "a value >= 0 and <= 5.39" in told.stdout
    assert "0.94%" in told.stdout
    assert "0 of 160 broken" in told.stdout
    assert [path.name for path in table.parent.iterdir()] == [table.name]


def test_the_suite_that_is_written_is_one_for_both_engines(table: Path, tmp_path: Path) -> None:
    """A project takes it as its expectations.json; Great Expectations finds that all rows keep it."""
    to = tmp_path / "suite.json"
    assert suggest(table, "--to", to).exit_code == 0
    plain = json.loads(to.read_text(encoding="utf-8"))
    assert len(compile_suite(plain, None)) == len(plain["expectations"]) == 5
    assert {entry["meta"]["evidence"]["kept"] for entry in plain["expectations"]} == {COUNT}
    assert all(verdict.success for verdict in run(plain, frame(ROWS, plain)))


def test_no_file_is_replaced_unless_that_is_asked_for(table: Path, tmp_path: Path) -> None:
    """A suite may hold a person's work."""
    to = tmp_path / "suite.json"
    to.write_text("mine", encoding="utf-8")
    refused = suggest(table, "--to", to)
    assert isinstance(refused.exception, InputError)
    assert "--force" in str(refused.exception)
    assert to.read_text(encoding="utf-8") == "mine"
    assert suggest(table, "--to", to, "--force").exit_code == 0
    assert json.loads(to.read_text(encoding="utf-8"))["name"] == "machine"


def test_rows_of_which_some_may_be_bad_are_said_to_be_so(table: Path) -> None:
    """Then a rule may be broken by some."""
    bad = table.read_text(encoding="utf-8").replace("off,2.4\n", "odd,2.4\n", 1).replace("on,4.9\n", "on,\n", 1)
    table.write_text(bad, encoding="utf-8")
    assert "in_set" not in suggest(table).stdout
    assert "in_set" in suggest(table, "--mostly", "0.95").stdout


def test_too_few_rows_are_refused_with_how_many_it_takes(table: Path) -> None:
    """Rather than rules that rest on nothing."""
    assert "each needs 300 rows" in str(suggest(table, "--rows", 50).exception)


@pytest.mark.parametrize(
    ("name", "content", "remedy"),
    [
        ("rows.txt", "a\n1\n", "whose name ends in .csv"),
        ("rows.csv", "a,b\n1\n", "row 1 has 1 cells and the header 2"),
        ("rows.csv", "a,a\n1,2\n", "two columns have the same name"),
        ("rows.csv", "", "it is empty"),
        ("rows.jsonl", "[1]\n", "not every line is a JSON object"),
        ("rows.jsonl", "{\n", "does not hold a table"),
        ("rows.parquet", "no", "does not hold a table"),
    ],
)
def test_a_file_that_holds_no_rows_is_named_with_why(tmp_path: Path, name: str, content: str, remedy: str) -> None:
    """As every other mistake."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert remedy in str(suggest(tmp_path / name).exception)
    assert "cannot be read" in str(suggest(tmp_path / "none.csv").exception)


def test_the_same_rows_are_read_from_every_kind_of_file(tmp_path: Path, table: Path) -> None:
    """Absent values as None."""
    lines = [json.dumps(row) for row in [*ROWS, {"level": 7}]]
    (tmp_path / "rows.jsonl").write_text("\n".join(lines), encoding="utf-8")
    parquet.write_table(pa.Table.from_pylist(ROWS), tmp_path / "rows.parquet")
    columns = {name: [row[name] for row in ROWS] for name in ("state", "level")}
    assert read_table(table) == columns
    assert read_table(tmp_path / "rows.parquet") == columns
    assert read_table(tmp_path / "rows.jsonl") == {"state": [*columns["state"], None], "level": [*columns["level"], 7]}


@given(st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_cell_that_reads_as_a_number_is_one(number: float) -> None:
    """As JSON writes it."""
    assert cell(json.dumps(number)) == number


@pytest.mark.parametrize("text", ["007", "+1", "1.", ".5", "1e999", "nan", " 1", "0x1", "1_000", "9" * 31])
def test_any_other_cell_is_a_text(text: str) -> None:
    """A code with a leading zero keeps it."""
    assert (cell(text), cell("")) == (text, None)


def test_the_last_accepted_samples_of_a_project_speak_for_rules(stack: Any, tmp_path: Path) -> None:
    """As its rules see them; which contract version a sample names is not ruled upon."""
    name = f"p-{uuid4().hex}"
    write_project(tmp_path, name)
    samples = [
        accepted_sample(row, contract=2, payload={"size": row % 7}, occurred_at=f"2026-01-{1 + row // 40:02}T00:00:00Z")
        for row in range(COUNT)
    ]
    with fresh_database(stack.database_url) as url:
        places = {"ASSAY_DATABASE_URL": url, "ASSAY_LAKE": str(tmp_path / "lake"), "ASSAY_KAFKA_BOOTSTRAP": "none:1"}
        with Lake.open(StorageSettings(database_url=SecretStr(url), lake=places["ASSAY_LAKE"])) as lake:
            archive_samples(lake, name, samples)
            assert lake.latest(name, 3).column("offset").to_pylist() == [317, 318, 319]
            assert lake.latest(name, 999).num_rows == COUNT
            assert lake.latest("nobody", 3).num_rows == 0
        told = suggest(tmp_path, "--to", tmp_path / "suite.json", **places)
    assert told.exit_code == 0, told.exception
    plain = json.loads((tmp_path / "suite.json").read_text(encoding="utf-8"))
    assert compile_suite(plain, payload_of(read_project(tmp_path).samples[2]))
    columns = {entry["kwargs"].get("column") for entry in plain["expectations"]}
    assert {"size", "source", "attributes.batch"} <= columns
    assert "contract" not in columns
