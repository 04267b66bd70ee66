"""A disk for the lake that can be full: a file system in memory where we may mount one, else a limit on file sizes."""

import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE_MB = 512
CHUNK = b"\0" * (1 << 20)


@dataclass(frozen=True, kw_only=True)
class Disk:
    """Where the lake lies; `mounted` says whether the folder is a disk of its own."""

    folder: Path
    mounted: bool

    @property
    def kind(self) -> str:
        """What a full disk is here, in words."""
        return "a full tmpfs (ENOSPC)" if self.mounted else "a file size limit on the keepers (EFBIG)"

    def fill(self, pids: list[int]) -> None:
        """Leave no room to write."""
        if not self.mounted:
            for pid in pids:
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (1, resource.RLIM_INFINITY))
            return
        try:
            with (self.folder / "filler").open("wb", buffering=0) as filler:
                while True:
                    filler.write(CHUNK)
        except OSError:  # full, as wished
            return

    def empty(self, pids: list[int]) -> None:
        """Give the room back."""
        (self.folder / "filler").unlink(missing_ok=True)
        for pid in pids if not self.mounted else ():
            if Path(f"/proc/{pid}").exists():
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def disk(folder: Path) -> Iterator[Disk]:
    """Make the disk; unmount it at the end."""
    folder.mkdir(parents=True)
    mount, umount = shutil.which("mount"), shutil.which("umount")
    options = ("-t", "tmpfs", "-o", f"size={SIZE_MB}m", "assay-chaos", str(folder))
    mounted = os.geteuid() == 0 and mount is not None and not subprocess.run((mount, *options), check=False).returncode
    try:
        yield Disk(folder=folder, mounted=mounted)
    finally:
        if mounted and umount:
            subprocess.run((umount, "-l", str(folder)), check=False)
