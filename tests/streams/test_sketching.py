"""Windows of sketches are written once, and hold what was screened, whenever workers are killed."""

import signal
from typing import Any

from sqlalchemy import func, select

from examples.simulation.faults import Production
from quality.screening import screen
from quality.sketches.folding import to_bytes
from quality.sketches.window import StreamWindow
from quality.state import State
from storage.projects import Project, read_project
from storage.tables import CheckpointRow, SketchRow, SketchWindowRow

WINDOW = 40


def test_a_worker_that_is_killed_in_mid_window_counts_nothing_twice(line: Any, records: list[Production]) -> None:
    """What is kept of each window is, byte for byte, what screening the partition in one go gives."""
    file = line.project.folder / "project.toml"
    file.write_text(file.read_text().replace("window = 125", f"window = {WINDOW}"))
    line.publish(records)
    for _ in range(3):
        known = screened(line)
        worker = line.start("screen", ASSAY_WORKER_ID="screen", ASSAY_FRAME_RECORDS="7")
        line.wait(lambda known=known: screened(line) > known)
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        line.publish(records[:50])
    line.start("screen", ASSAY_WORKER_ID="screen")
    line.wait(lambda: screened(line) == len(records) + 150)
    expected = replayed(line, read_project(line.project.folder))
    assert kept(line) == {
        (partition, window.first): written(window) for partition, found in expected.items() for window in found
    }
    assert len(kept(line)) > 8


def screened(line: Any) -> int:
    """Return how many records lie before the checkpoints."""
    with line.engine.connect() as connection:
        return int(connection.scalar(select(func.coalesce(func.sum(CheckpointRow.next_offset), 0))))


def replayed(line: Any, project: Project) -> dict[int, list[StreamWindow]]:
    """Return the windows that each partition's records give, screened in one frame."""
    return {
        partition: [*screen(frame, State(), project.screening).windows] for partition, frame in line.frames().items()
    }


def kept(line: Any) -> dict[tuple[int, int], Any]:
    """Return what the database holds of each window."""
    row, window = SketchRow, SketchWindowRow
    with line.engine.connect() as connection:
        found: dict[tuple[int, int], Any] = {
            (each.partition, each.first): (each.next, (each.accepted, each.rejected, each.duplicate), {})
            for each in connection.execute(select(*window.__table__.columns))
        }
        for each in connection.execute(select(*row.__table__.columns)):
            ended = (each.accepted, each.rejected, each.duplicate)
            found[each.partition, each.first][2][each.column, each.value] = (ended, bytes(each.sketches))
    return found


def written(window: StreamWindow) -> Any:
    """Return what the database should hold of a window."""
    slices = {
        (of.column, of.value): (
            (ended.accepted, ended.rejected, ended.duplicate),
            to_bytes(window.sketches.get(of, {})),
        )
        for of, ended in window.by_slice.items()
    }
    return window.next, (window.ended.accepted, window.ended.rejected, window.ended.duplicate), slices
