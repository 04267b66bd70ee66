"""What each program of the stack is told, and so when `assay up` restarts it."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from assay.platform import loop
from infra.settings import load_settings
from infra.stack import Stack
from storage.projects import read_project
from storage.testing import write_project

READERS = {"worker-screen", "worker-keep", "api"}
Told = Callable[[], Mapping[str, Mapping[str, str]]]


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Told:
    """What `assay up` would tell each program now, by its name."""
    (tmp_path / "project").mkdir()
    write_project(tmp_path / "project", "mine")
    monkeypatch.setenv("ASSAY_VAR", str(tmp_path / "var"))

    def now() -> Mapping[str, Mapping[str, str]]:
        programs = loop(Stack(load_settings()), read_project(tmp_path / "project"))
        return {program.name: program.environment for program in programs}

    return now


def changed(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    """Return the programs that would be restarted."""
    return {name for name in after if before[name] != after[name]}


def test_a_second_up_restarts_nothing(told: Told) -> None:
    """Reading the project leaves caches in its folder, which are no part of it."""
    assert changed(told(), told()) == set()


def test_an_edited_project_restarts_what_reads_it(told: Told, tmp_path: Path) -> None:
    """Kafka and PostgreSQL go on as they are."""
    before = told()
    suite = tmp_path / "project" / "expectations.json"
    suite.write_text(suite.read_text().replace('"min_value": 0', '"min_value": 1'))
    assert changed(before, told()) == READERS


@pytest.mark.parametrize(
    ("variable", "value", "restarted"),
    [
        ("ASSAY_FRAME_RECORDS", "20", {"worker-screen", "worker-keep"}),
        ("ASSAY_DELIVERY_SECONDS", "9", {"worker-screen", "worker-keep"}),
        ("ASSAY_HINT_SECONDS", "30", {"worker-screen", "worker-keep"}),
        ("ASSAY_API_BODY_BYTES", "1000", {"api"}),
        ("ASSAY_API_HOST", "127.0.0.2", {"api"}),
        ("ASSAY_LAKE", "s3://assay/lake", READERS),
        ("ASSAY_LAKE_PROPERTIES", '{"s3.region": "here"}', READERS),
    ],
)
def test_a_setting_takes_effect_at_the_next_up_and_so_does_its_absence(
    told: Told, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, restarted: set[str]
) -> None:
    """Programs inherit the environment of the first `up`, so each is told every setting, whether it is set or not."""
    before = told()
    monkeypatch.setenv(variable, value)
    assert changed(before, after := told()) == restarted
    assert {after[name][variable] for name in restarted} == {value}
    monkeypatch.delenv(variable)
    assert told() == before
    assert all(variable in before[name] for name in restarted)


def test_a_worker_keeps_its_name_whatever_the_shell_says(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers of one name would take each other's partitions."""
    monkeypatch.setenv("ASSAY_WORKER_ID", "mine")
    assert told()["worker-screen"]["ASSAY_WORKER_ID"] == "worker-screen"
    assert json.loads(told()["api"]["ASSAY_LAKE_PROPERTIES"]) == {}
