"""Rows in a file of their own until a version takes them: there may be more than memory has room for."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from pydantic_core import from_json

from catalog.assembly import Entry, Row, Texts


class Spool:
    """A shelf of rows, each as two lines: its entry and its sample."""

    def __init__(self, file: Path, stream: BinaryIO) -> None:
        self._file = file
        self._stream = stream

    def put(self, row: Row) -> None:
        """Keep a row."""
        self._stream.write(b"%b\n%b\n" % row.written)

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
        for texts in self.texts():
            yield Row(entry=Entry.model_validate_json(texts.entry), sample=from_json(texts.sample), texts=texts)

    def __contains__(self, row: object) -> bool:
        return any(row == one for one in self)

    def texts(self) -> Iterator[Texts]:
        """Yield each row as it was written, which takes much less time than to read it."""
        wanted = iter(self._places)
        place = next(wanted, None)
        with self._file.open("rb") as lines:
            for number, (entry, sample) in enumerate(zip(lines, lines, strict=True)):
                if place is None:
                    return
                if number == place:
                    yield Texts(entry=entry[:-1], sample=sample[:-1])
                    place = next(wanted, None)


@contextmanager
def spool() -> Iterator[Spool]:
    """Open an empty spool in the machine's folder for temporary files; it is gone when the block ends."""
    with TemporaryDirectory(prefix="assay-") as folder:
        file = Path(folder) / "rows.jsonl"
        with file.open("wb") as stream:
            yield Spool(file, stream)
