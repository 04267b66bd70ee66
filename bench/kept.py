"""What single jobs of a bench found, kept in files: a bench that was stopped goes on with the jobs that are left."""

import argparse
import hashlib
import os
import pickle
import shutil
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

CHECKOUT = Path(__file__).resolve().parents[1]


class Placed(Protocol):
    """A source of data in a folder."""

    @property
    def folder(self) -> Path:
        """Where its files are."""


class Sourced(Protocol):
    """A job on one source."""

    @property
    def source(self) -> Placed:
        """What it measures."""

    @property
    def name(self) -> str:
        """What it asks of the source: another name, another result."""


JobT = TypeVar("JobT", bound=Sourced)
Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True)
class Kept(Generic[JobT, Found]):
    """A measure that writes each job's result to a file of its own, and reads what it wrote there before.

    The file is named by a hash of the job's name, of its source's files, and of the code; so nothing is read that was
    measured otherwise.
    """

    measure: Callable[[JobT], Found]
    folder: Path
    code: str

    def __call__(self, job: JobT) -> Found:
        """Return what is measured of the job, now or earlier; writes its file when it is measured."""
        file = self.folder / f"{self._name(job)}.pickle"
        if file.exists():
            found: Found = pickle.loads(file.read_bytes())  # noqa: S301 - the bench's own file, beside its report
            return found
        found = self.measure(job)
        part = file.with_suffix(f".{os.getpid()}")
        part.write_bytes(pickle.dumps(found))
        part.replace(file)
        return found

    def _name(self, job: JobT) -> str:
        return hashlib.sha256(f"{self.code} {digest_of(job.source.folder)} {job.name}".encode()).hexdigest()


def option(command: argparse.ArgumentParser) -> None:
    """Add what a bench that keeps results is told about them."""
    command.add_argument("--fresh", action="store_true", help="measure again what an earlier run has measured")


def kept(bench: str, measure: Callable[[JobT], Found], *, fresh: bool) -> Kept[JobT, Found]:
    """Return the measure with its results kept in `var/bench/<bench>-jobs`; a fresh one forgets all that is there."""
    folder = Path(os.environ.get("ASSAY_VAR", "var")).resolve() / "bench" / f"{bench}-jobs"
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return Kept(measure=measure, folder=folder, code=_code())


def _code() -> str:
    """Return a hash of the checkout's modules that this process has loaded, and of the packages that are locked."""
    modules: list[Any] = [module for module in list(sys.modules.values()) if getattr(module, "__file__", None)]
    ours = {Path(module.__file__) for module in modules if _is_ours(Path(module.__file__))}
    return _hashed([*ours, *(CHECKOUT / "requirements").glob("*.txt")], CHECKOUT)


def _is_ours(file: Path) -> bool:
    return file.is_relative_to(CHECKOUT) and not file.relative_to(CHECKOUT).parts[0].startswith(".")


@lru_cache(maxsize=64)
def digest_of(place: Path) -> str:
    """Return a hash of all files of a folder, or of a file."""
    files = [file for file in place.rglob("*") if file.is_file()] if place.is_dir() else [place]
    return _hashed(files, place)


def _hashed(files: Iterable[Path], within: Path) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        total.update(f"{file.relative_to(within)} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()
