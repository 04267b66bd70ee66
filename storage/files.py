"""Files beside the Iceberg tables: a folder or an object store, with the lake's own properties."""

import errno
import hashlib
import posixpath
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from io import BufferedReader
from pathlib import Path
from shutil import copyfileobj
from typing import Any
from uuid import uuid4

from pyarrow.fs import FileSelector, FileType
from pyiceberg.io.pyarrow import PyArrowFileIO

from schemas.errors import UnavailableError
from storage.settings import StorageSettings

# A file system without room, a user without any left, a file longer than it may be.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# Files are copied in pieces of so many bytes.
PIECE = 2**20


@contextmanager
def lack_of_room_named(place: str) -> Iterator[None]:
    """Turn a write that found no room into an UnavailableError that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise UnavailableError(f"The lake at {place} has no room ({error}): free some, work then goes on.") from error


def root(settings: StorageSettings) -> str:
    """Return the lake's place as a URI; a folder's is absolute."""
    if "://" in settings.lake:
        return settings.lake.rstrip("/")
    return f"file://{Path(settings.lake).resolve()}"


def stamp(at: datetime) -> str:
    """Return an instant as the name of a folder."""
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


@dataclass(frozen=True)
class Folder:
    """A folder of the lake, by its URI."""

    uri: str
    properties: Mapping[str, str]

    @classmethod
    def of(cls, settings: StorageSettings, *parts: str) -> "Folder":
        """Return the folder at `parts` below the lake's place."""
        return cls("/".join([root(settings), *parts]), settings.file_properties)

    def write(self, name: str, data: bytes) -> None:
        """Write a file, replacing one of that name; readers see the old one or the new, never a part."""
        with self._replacing(name) as stream:
            stream.write(data)

    def put(self, file: Path) -> None:
        """Copy a file of this machine into the folder, as `write` writes one."""
        with self._replacing(file.name) as stream, file.open("rb") as data:
            copyfileobj(data, stream, PIECE)

    def get(self, name: str, file: Path) -> None:
        """Copy a file to this machine."""
        filesystem, path = self._opened()
        with filesystem.open_input_stream(posixpath.join(path, name)) as data, file.open("wb") as stream:
            copyfileobj(data, stream, PIECE)

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield a file's lines without their ends; never holds all of them."""
        filesystem, path = self._opened()
        with filesystem.open_input_file(posixpath.join(path, name)) as stream:
            for line in BufferedReader(stream, PIECE):
                yield line.rstrip(b"\n")

    def digest(self, name: str) -> str | None:
        """Return the SHA-256 of a file's bytes; None where it is gone."""
        if not self.has(name):
            return None
        filesystem, path = self._opened()
        with filesystem.open_input_stream(posixpath.join(path, name)) as stream:
            digest = hashlib.sha256()
            while piece := stream.read(PIECE):
                digest.update(piece)
        return digest.hexdigest()

    @contextmanager
    def _replacing(self, name: str) -> Iterator[Any]:
        filesystem, path = self._opened()
        filesystem.create_dir(path, recursive=True)
        partial = posixpath.join(path, f".{uuid4().hex}.partial")
        with filesystem.open_output_stream(partial) as stream:
            yield stream
        filesystem.move(partial, posixpath.join(path, name))

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        filesystem, path = self._opened()
        with filesystem.open_input_stream(posixpath.join(path, name)) as stream:
            data: bytes = stream.read()
        return data

    def has(self, name: str) -> bool:
        """Say whether there is a file of that name."""
        filesystem, path = self._opened()
        return bool(filesystem.get_file_info(posixpath.join(path, name)).type is FileType.File)

    def files(self, name: str) -> list[str]:
        """Return the path of every file below the folder `name`, as its file system writes it."""
        filesystem, path = self._opened()
        selector = FileSelector(posixpath.join(path, name), allow_not_found=True, recursive=True)
        return [found.path for found in filesystem.get_file_info(selector) if found.type is FileType.File]

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files by their paths, as `files` gives them; those that are gone already do no harm."""
        filesystem, _ = self._opened()
        for path in paths:
            with suppress(FileNotFoundError):
                filesystem.delete_file(path)

    def ages(self) -> dict[str, timedelta]:
        """Return for how long nobody has written to each folder in this one."""
        filesystem, path = self._opened()
        now, prefix = datetime.now(UTC), f"{path.rstrip('/')}/"
        written: dict[str, datetime] = {}
        for found in filesystem.get_file_info(FileSelector(path, allow_not_found=True, recursive=True)):
            name, inner, _ = found.path.removeprefix(prefix).partition("/")
            if inner:
                written[name] = max(found.mtime, written.get(name, found.mtime))
        return {name: now - latest for name, latest in written.items()}

    def remove_folder(self, name: str) -> None:
        """Remove a folder in this one, with all that is in it; one that is gone already does no harm."""
        filesystem, path = self._opened()
        with suppress(FileNotFoundError):
            filesystem.delete_dir(posixpath.join(path, name))

    def _opened(self) -> tuple[Any, str]:
        """Return pyarrow's filesystem and our path in it, opened as Iceberg opens its own files."""
        scheme, netloc, path = PyArrowFileIO.parse_location(self.uri, dict(self.properties))
        return PyArrowFileIO(properties=dict(self.properties)).fs_by_scheme(scheme, netloc), path
