"""Images that samples name: regular files below one folder, in formats that run nothing, and nothing else."""

import os
import stat
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import InputError

# How the raster formats begin that are shown; all browsers draw them, and none of them can hold a script that runs.
BEGINNINGS = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
# WebP has its length between the two.
RIFF, WEBP = b"RIFF", b"WEBP"
TYPES = (*sorted(set(BEGINNINGS.values())), "image/webp")
# Folders and files are opened without following links; what is a device by then is not waited for.
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


@dataclass(frozen=True, kw_only=True)
class Image:
    """A file that is an image by its first bytes, and which kind of image it is."""

    content: bytes
    type: str


@dataclass(frozen=True, kw_only=True)
class MediaFolder:
    """The folder whose images are shown, and how many bytes one may have."""

    folder: Path
    most: int

    def image(self, name: str) -> Image:
        """Return the image of this name, a path below the folder with `/` between its parts.

        Raises:
            InputError: there is none, or it is not to be shown: it leads out of the folder, is hidden, a link, a device
                or too large, or is no image.
        """
        content = _read(self.folder, _parts(name), self.most + 1)
        if len(content) > self.most:
            raise _refused(f"is larger than {self.most:,} bytes")
        return Image(content=content, type=_type(content))


def _parts(name: str) -> list[str]:
    parts = name.split("/")
    if not all(map(_is_plain, parts)):
        raise _refused("is no plain path below the folder of media")
    return parts


def _is_plain(part: str) -> bool:
    """Say whether a part of a path names a file that is not hidden, and nothing else on any system."""
    return bool(part) and not part.startswith(".") and part.isprintable() and "\\" not in part


def _read(folder: Path, parts: list[str], most: int) -> bytes:
    """Read so many bytes; each folder is opened within the one before, so that no link swapped in leads elsewhere."""
    with ExitStack() as stack:
        try:
            at = _open(stack, str(folder), FOLDER, None)
            for part in parts[:-1]:
                at = _open(stack, part, FOLDER, at)
            _check(os.stat(parts[-1], dir_fd=at, follow_symlinks=False))
            file = _open(stack, parts[-1], FILE, at)
            _check(os.fstat(file))
            with open(file, "rb", closefd=False) as content:
                return content.read(most)
        except OSError as error:
            raise _refused("cannot be opened") from error


def _open(stack: ExitStack, name: str, flags: int, at: int | None) -> int:
    opened = os.open(name, flags, dir_fd=at)
    stack.callback(os.close, opened)
    return opened


def _check(found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise _refused("is no regular file")


def _type(content: bytes) -> str:
    if content[:4] == RIFF and content[8:12] == WEBP:
        return "image/webp"
    for beginning, kind in BEGINNINGS.items():
        if content.startswith(beginning):
            return kind
    raise _refused("is no PNG, JPEG, GIF or WebP image")


def _refused(why: str) -> InputError:
    return InputError(f"What the sample names as its image {why}: it is not shown. Skip the task, or tell an engineer.")
