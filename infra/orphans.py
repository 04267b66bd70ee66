"""Processes that a stack left behind: found by the mark in their environment, and ended."""

import os
from collections.abc import Callable
from pathlib import Path

import psutil

from infra.programs import MARK

TERM_SECONDS = 10.0  # Kafka closes its logs within two seconds
KILL_SECONDS = 5.0


def find_orphans(var: Path) -> list[psutil.Process]:
    """Return our processes that carry this stack's mark, and their children; never this process or its parents."""
    marked = [process for process in psutil.process_iter() if _is_marked(process, os.fspath(var))]
    family = {process for parent in marked for process in (parent, *_children(parent))}
    spared = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [process for process in family if process.pid not in spared]


def end_orphans(var: Path) -> int:
    """Ask what is left to stop, kill what does not, and return how many there were."""
    orphans = find_orphans(var)
    _signal(orphans, psutil.Process.terminate)
    _, stubborn = psutil.wait_procs(orphans, timeout=TERM_SECONDS)
    _signal(stubborn, psutil.Process.kill)
    psutil.wait_procs(stubborn, timeout=KILL_SECONDS)
    return len(orphans)


def _is_marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False  # gone meanwhile, or somebody else's


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _signal(processes: list[psutil.Process], send: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        try:
            send(process)
        except psutil.Error:
            continue  # gone meanwhile
