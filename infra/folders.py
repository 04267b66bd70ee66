"""The folders of a stack: what production sends, and what is logged of it, is nobody else's business."""

from pathlib import Path

from infra.unprivileged import becomes_another

PRIVATE = 0o700
# The user who PostgreSQL runs as passes through to its data, and sees no more than that.
PASSABLE = 0o711
# PostgreSQL makes its own, and closes it.
CLOSED = ("airflow", "kafka", "lake", "log", "run", "secrets")


def make_var(var: Path) -> None:
    """Make the stack's folder where it is missing, for its owner only; one that exists stays as somebody made it."""
    if not var.exists():
        var.mkdir(parents=True, exist_ok=True)
        var.chmod(PASSABLE if becomes_another() else PRIVATE)


def close_folders(var: Path) -> None:
    """Make what is missing of the folders in the stack's folder, and close all of them to other users."""
    for folder in (var / name for name in CLOSED):
        folder.mkdir(exist_ok=True)
        folder.chmod(PRIVATE)
