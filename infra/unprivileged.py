"""How to run a program that refuses to run as root, when we are root."""

import os
import pwd
import shutil
import subprocess
from functools import cache
from pathlib import Path

from infra.errors import StackError

USER = "nobody"
PROBE_SECONDS = 10


@cache
def becomes_another() -> bool:
    """Return whether what refuses to run as root would be run as another user, who must get at its files."""
    return os.geteuid() == 0 and not _works(("unshare", "--user"))


@cache
def prefix() -> tuple[str, ...]:
    """Return what to put before a command so that it does not run as root; empty if we are not root.

    A user namespace without a mapping is preferred: the program sees itself as nobody, and files stay root's. Where
    those are forbidden it runs as the user `nobody`, and its files must belong to that user (see `own`).

    Raises:
        StackError: Neither is possible; the text says what to do instead.
    """
    if not becomes_another():
        return ("unshare", "--user") if os.geteuid() == 0 else ()
    changed = ("setpriv", f"--reuid={_nobody().pw_uid}", f"--regid={_nobody().pw_gid}", "--clear-groups")
    if _works(changed):
        return changed
    raise StackError(
        "PostgreSQL does not run as root, and root may neither make a user namespace here nor become another user. "
        "Run Assay as an ordinary user, or set ASSAY_DATABASE_URL to a PostgreSQL that runs elsewhere."
    )


def own(file: Path | int) -> None:
    """Give a file, by path or descriptor, to the user whom `prefix` becomes; do nothing if files stay ours."""
    if prefix()[:1] == ("setpriv",):
        os.chown(file, _nobody().pw_uid, _nobody().pw_gid)


def require_reach(*paths: Path) -> None:
    """Check that the user whom `prefix` becomes can get at these paths.

    Raises:
        StackError: Naming the first folder on the way that is closed to that user.
    """
    if prefix()[:1] != ("setpriv",):
        return
    for path in paths:
        for folder in reversed([path, *path.parents]):
            if folder.is_dir() and not _passes((*prefix(), "test", "-x", str(folder))):
                raise StackError(
                    f"PostgreSQL does not run as root, and the user {USER} cannot enter {folder}. Run "
                    f"`chmod o+x {folder}`, or Assay as an ordinary user, or set ASSAY_VAR to a folder elsewhere."
                )


def _works(command: tuple[str, ...]) -> bool:
    return shutil.which(command[0]) is not None and _passes((*command, "true"))


def _passes(command: tuple[str, ...]) -> bool:
    done = subprocess.run(  # noqa: S603  # fixed programs of util-linux and coreutils
        command, check=False, capture_output=True, timeout=PROBE_SECONDS
    )
    return done.returncode == 0


def _nobody() -> pwd.struct_passwd:
    return pwd.getpwnam(USER)
