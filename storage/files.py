"""Files beside the Iceberg tables: a folder or an object store, with the lake's own properties."""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from pyiceberg.io.pyarrow import PyArrowFileIO

from storage.settings import StorageSettings


def root(settings: StorageSettings) -> str:
    """Return the lake's place as a URI; a folder's is absolute."""
    if "://" in settings.lake:
        return settings.lake.rstrip("/")
    return f"file://{Path(settings.lake).resolve()}"


@dataclass(frozen=True)
class Folder:
    """A folder of the lake, by its URI."""

    uri: str
    properties: Mapping[str, str]

    @classmethod
    def of(cls, settings: StorageSettings, *parts: str) -> "Folder":
        """Return the folder at `parts` below the lake's place."""
        return cls("/".join([root(settings), *parts]), settings.lake_properties)

    def write(self, name: str, data: bytes) -> None:
        """Write a file, replacing one of that name; readers see the old one or the new, never a part."""
        filesystem, path = self._opened()
        filesystem.create_dir(path, recursive=True)
        partial = posixpath.join(path, f".{uuid4().hex}.partial")
        with filesystem.open_output_stream(partial) as stream:
            stream.write(data)
        filesystem.move(partial, posixpath.join(path, name))

    def read(self, name: str) -> bytes:
        """Return a file's bytes."""
        filesystem, path = self._opened()
        with filesystem.open_input_stream(posixpath.join(path, name)) as stream:
            data: bytes = stream.read()
        return data

    def _opened(self) -> tuple[Any, str]:
        """Return pyarrow's filesystem and our path in it, opened as Iceberg opens its own files."""
        scheme, netloc, path = PyArrowFileIO.parse_location(self.uri, dict(self.properties))
        return PyArrowFileIO(properties=dict(self.properties)).fs_by_scheme(scheme, netloc), path
