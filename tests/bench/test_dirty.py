"""The bench of rules on dirty tables: what it counts, and what it says where the data is not."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assay.tables import texts
from quality.rules import compile_suite

CHECKOUT = Path(__file__).resolve().parents[2]
SUITES = CHECKOUT / "bench" / "dirty_suites"
TABLES = ("hospital", "flights", "beers")
COUNT = 1200
HOSPITAL = {
    "index": "{}",
    "ProviderNumber": "10018",
    "HospitalName": "some hospital",
    "Address1": "1 street",
    "Address2": "empty",
    "Address3": "empty",
    "City": "opp",
    "State": "al",
    "ZipCode": "35233",
    "CountyName": "coffee",
    "PhoneNumber": "2053258100",
    "HospitalType": "acute care hospitals",
    "HospitalOwner": "proprietary",
    "EmergencyService": "yes",
    "Condition": "heart attack",
    "MeasureCode": "ami-1",
    "MeasureName": "aspirin",
    "Score": "97%",
    "Sample": "4 patients",
    "StateAverage": "al_ami-1",
}
# The header of each table, and a row that keeps the suite that is written for it.
HEADERS = {
    "hospital": ",".join(HOSPITAL),
    "flights": "tuple_id,src,flight,sched_dep_time,act_dep_time,sched_arr_time,act_arr_time",
    "beers": "index,id,beer-name,style,ounces,abv,ibu,brewery_id,brewery-name,city,state",
}
ROWS = {
    "hospital": ",".join(HOSPITAL.values()),
    "flights": "{},aa,AA-1-IAH-ORD,7:10 a.m.,7:16 a.m.,9:40 a.m.,9:32 a.m.",
    "beers": "{0},{0},Pub Beer,Lager,12,0.05,,1,Brewers,Bend,OR",
}
# What is wrong in every tenth row; of flights, one error that rules of rows find and one that they cannot.
DIRTY = {
    "hospital": [("35233", "3x233")],
    "flights": [("7:16 a.m.", ""), ("9:40 a.m.", "9:41 a.m.")],
    "beers": [("0.05", "0.05%")],
}


def bench(var: Path, data: Path | None) -> subprocess.CompletedProcess[str]:
    """Run the bench with its data in `data`."""
    variables = {name: value for name, value in os.environ.items() if name != "ASSAY_DATA"}
    return subprocess.run(
        (sys.executable, "-m", "bench.dirty"),
        env={**variables, "ASSAY_VAR": str(var), **({} if data is None else {"ASSAY_DATA": str(data)})},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def write(data: Path, name: str) -> None:
    """Write a clean table of equal rows, and its dirty twin."""
    clean = [ROWS[name].format(number) for number in range(COUNT)]
    dirty = list(clean)
    for number in range(0, COUNT, 10):
        for right, wrong in DIRTY[name]:
            dirty[number] = dirty[number].replace(right, wrong)
    folder = data / "dirty_raha" / name
    folder.mkdir(parents=True)
    for kind, rows in (("clean", clean), ("dirty", dirty)):
        (folder / f"{kind}.csv").write_text("\n".join([HEADERS[name], *rows]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the bench writes of tables whose errors are known."""
    data, var = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("var")
    for name in TABLES:
        write(data, name)
    done = bench(var, data)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads((var / "bench" / "dirty.json").read_text(encoding="utf-8"))
    return found


def test_written_rules_find_the_planted_errors_and_nothing_else(figures: dict[str, Any]) -> None:
    """Each error is one cell in every tenth row."""
    expected = {"flagged": 120, "wrong": 120, "hit": 120, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert figures["hospital"]["suites"]["written"]["all"] == expected
    assert figures["beers"]["suites"]["written"]["all"] == expected
    assert figures["beers"]["wrong_share"] == round(1 / 110, 4)


def test_what_no_rule_of_a_row_can_find_is_missed(figures: dict[str, Any]) -> None:
    """A time that is another is still a time."""
    written = figures["flights"]["suites"]["written"]
    assert (written["all"]["precision"], written["all"]["recall"]) == (1.0, 0.5)
    assert written["columns"]["sched_arr_time"]["hit"] == 0


def test_suites_that_are_suggested_from_clean_rows_are_judged_on_rows_that_they_have_not_seen(
    figures: dict[str, Any],
) -> None:
    """Half of the errors stand there; every other row holds them all, for they stand in even ones."""
    suites = figures["hospital"]["suites"]
    assert suites["clean_half"]["held_out"]["wrong"] == 60
    assert suites["clean_half"]["held_out"]["recall"] == 1.0
    assert suites["clean_alternate"]["held_out"] == {
        "flagged": 0,
        "wrong": 0,
        "hit": 0,
        "precision": None,
        "recall": None,
        "f1": None,
    }
    assert suites["clean_half"]["clean_flagged"] == 0


def test_the_published_figure_stands_beside(figures: dict[str, Any]) -> None:
    """Of the same table."""
    assert {name: of["published_f1"] for name, of in figures.items()} == {
        "hospital": 0.443,
        "flights": 0.709,
        "beers": 0.618,
    }


def test_absent_data_is_named_and_the_status_is_not_zero(tmp_path: Path) -> None:
    """Whether all of it is absent or one table."""
    unset = bench(tmp_path, None)
    write(tmp_path, "beers")
    write(tmp_path, "flights")
    partly = bench(tmp_path, tmp_path)
    assert (unset.returncode, partly.returncode) == (1, 1)
    assert "dirty_raha is missing: set ASSAY_DATA" in unset.stderr
    assert "dirty_raha/hospital/dirty.csv" in partly.stderr
    assert "beers" not in partly.stderr
    assert not (tmp_path / "bench").exists()


@pytest.mark.parametrize("name", TABLES)
def test_written_suites_compile_and_name_columns_of_their_table(name: str, tmp_path: Path) -> None:
    """Each rule says why."""
    write(tmp_path, name)
    header, *_ = texts(tmp_path / "dirty_raha" / name / "clean.csv")
    plain = json.loads((SUITES / f"{name}.json").read_text(encoding="utf-8"))
    rules = compile_suite(plain, None)
    assert {column for rule in rules for column in rule.columns} <= set(header)
    assert all(entry["meta"]["notes"] for entry in plain["expectations"])
