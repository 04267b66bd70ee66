"""Maintenance removes what nobody can name any more, and nothing that a version or the ledger needs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine

from catalog.testing import assembler, candidate, governing
from schemas.errors import ConflictError
from storage import releases
from storage.gates import write_report
from storage.lake import Lake
from storage.maintenance import clear_leftovers, keep_table
from storage.releases import Release, publish, read_entries
from storage.settings import StorageSettings
from storage.testing import accepted_sample, archive_samples

AT_ONCE = timedelta()


@pytest.fixture
def project() -> str:
    """The name of a project that nobody else has."""
    return f"p-{uuid4().hex}"


def version(engine: Engine, settings: StorageSettings, project: str, offset: int) -> Release:
    """Publish a version of one row."""
    rows = assembler().assemble([candidate(offset)]).rows
    return publish(engine, settings, rows, governing(project=project), notes={})


def folders(settings: StorageSettings, project: str) -> set[str]:
    """Return the names of the folders of the project's releases."""
    return {path.name for path in (Path(settings.lake) / "releases" / project).iterdir()}


def test_a_table_has_fewer_files_and_snapshots_and_the_same_rows(settings: StorageSettings, project: str) -> None:
    """Snapshots of the last week stay, for readers that go back in time, and so do the last ones, however old."""
    with Lake.open(settings) as lake:
        for offset in range(30):
            archive_samples(lake, project, [accepted_sample(offset)])
        before = lake.samples(project, ("offset",)).column("offset").to_pylist()
        done = keep_table(settings, project, "samples")
        assert (done["before"], done["after"], done["snapshots"]) == (30, 1, 0)
        assert lake.forget(project, "samples", AT_ONCE) > 0
        assert sorted(lake.samples(project, ("offset",)).column("offset").to_pylist()) == sorted(before)
        assert lake.marks(project) == {("zoo.samples", 0): 29}


def test_versions_stay_and_what_a_build_left_behind_goes(
    engine: Engine, settings: StorageSettings, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A build was killed between its files and the row that makes a version of them."""
    kept = version(engine, settings, project, 1)
    with monkeypatch.context() as killed:
        killed.setattr(releases, "_announce", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            version(engine, settings, project, 2)
    assert len(folders(settings, project)) == 2
    assert clear_leftovers(settings, project)["releases"] == 0
    assert clear_leftovers(settings, project, AT_ONCE)["releases"] == 1
    assert folders(settings, project) == {kept.content_hash}
    assert len(list(read_entries(settings, kept))) == 1


def test_reports_of_gates_go_that_let_no_version_through(
    engine: Engine, settings: StorageSettings, project: str
) -> None:
    """Those of versions stay with them."""
    shut, opened = (
        write_report(settings, project, "Animals", datetime(2026, 1, day, tzinfo=UTC), ((), {})) for day in (1, 2)
    )
    rows = assembler().assemble([candidate(1)]).rows
    publish(engine, settings, rows, governing(project=project), notes={"report": opened})
    assert clear_leftovers(settings, project, AT_ONCE)["gates"] == 0
    assert clear_leftovers(settings, project, AT_ONCE, AT_ONCE)["gates"] == 1
    assert [Path(each.removeprefix("file://")).exists() for each in (shut, opened)] == [False, True]


def test_a_version_whose_files_are_cleared_away_while_it_is_built_is_not_published(
    engine: Engine, settings: StorageSettings, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its build fails and is tried again; a version without files would be there for ever."""
    announce = releases._announce

    def late(*arguments: object) -> Release:
        clear_leftovers(settings, project, AT_ONCE)
        return announce(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as slow:
        slow.setattr(releases, "_announce", late)
        with pytest.raises(ConflictError, match="build again"):
            version(engine, settings, project, 1)
    assert version(engine, settings, project, 1).version == 1
