"""Rows in a file of their own until a version takes them: there may be more than memory has room for."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from pydantic_core import from_json

from catalog.assembly import Entry, Row


class Spool:
    """A shelf of rows, each as its line."""

    def __init__(self, file: Path, stream: BinaryIO) -> None:
        self._file = file
        self._stream = stream

    def put(self, row: Row) -> None:
        """Keep a row."""
        self._stream.write(row.line + b"\n")

    def take(self, places: Collection[int]) -> "Spooled":
        """Return rows; nothing may be put afterwards."""
        self._stream.close()
        return Spooled(self._file, places)


class Spooled(Collection[Row]):
    """Rows of a spool, read anew each time they are iterated over."""

    def __init__(self, file: Path, places: Collection[int]) -> None:
        self._file = file
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Row]:
        for line in self.lines():
            entry, sample = from_json(line)
            yield Row(entry=Entry.model_validate(entry), sample=sample)

    def __contains__(self, row: object) -> bool:
        return any(row == one for one in self)

    def lines(self) -> Iterator[bytes]:
        """Yield each row's line, as `Row.line` has it."""
        wanted = iter(self._places)
        place = next(wanted, None)
        with self._file.open("rb") as lines:
            for number, line in enumerate(lines):
                if place is None:
                    return
                if number == place:
                    yield line[:-1]
                    place = next(wanted, None)


@contextmanager
def spool() -> Iterator[Spool]:
    """Open an empty spool in the machine's folder for temporary files; it is gone when the block ends."""
    with TemporaryDirectory(prefix="assay-") as folder:
        file = Path(folder) / "rows.jsonl"
        with file.open("wb") as stream:
            yield Spool(file, stream)
