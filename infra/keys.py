"""Passwords and signing keys: made once for each stack, kept in files that only its owner can read."""

import os
import secrets
from pathlib import Path

KEY_BYTES = 32  # what Fernet wants exactly, and enough for everything else


def key(var: Path, name: str) -> str:
    """Return the secret of this name, making it at first use; URL-safe base64 of 32 random bytes.

    Two processes that make it at once end up with the same one.
    """
    path = var / "secrets" / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        _create(path, secrets.token_urlsafe(KEY_BYTES) + "=")
    return path.read_text(encoding="utf-8")


def write_private(path: Path, text: str) -> None:
    """Replace a file's text in one step, readable by its owner only."""
    staged = _staged(path, text)
    staged.replace(path)


def _create(path: Path, text: str) -> None:
    staged = _staged(path, text)
    try:
        path.hardlink_to(staged)
    except FileExistsError:
        pass  # another process was first: its secret counts
    finally:
        staged.unlink()


def _staged(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    return staged
