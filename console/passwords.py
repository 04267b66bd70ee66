"""Passwords: hashed with Argon2id (RFC 9106) in argon2-cffi's own parameters, some 0.1 s and 64 MiB each."""

import secrets
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from schemas.errors import UnavailableError

# NIST SP 800-63B-4, section 3.1.1.2, where a password is all there is. There are no other rules.
SHORTEST = 15
LONGEST = 1000
# So many hashes are made at once, for each takes memory; and so long does one wait for its turn, in seconds.
AT_ONCE, PATIENCE = 4, 2


class Passwords:
    """Makes and verifies hashes, a few at once, and in the same time whether there is anything to verify or not."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = BoundedSemaphore(AT_ONCE)
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())

    def hashed(self, password: str) -> str:
        """Return what is kept of a password; it holds the parameters and a salt of its own."""
        with self._alone():
            return self._hasher.hash(_normal(password))

    def fits(self, password: str, kept: str | None) -> bool:
        """Say whether this is the password of which `kept` is kept; where nothing is, find that out as slowly."""
        with self._alone():
            try:
                return self._hasher.verify(kept or self._nobodys, _normal(password)) and kept is not None
            except VerificationError:
                return False

    def outdated(self, kept: str) -> bool:
        """Say whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=PATIENCE):
            raise UnavailableError("Too many people are signing in at once: try again in a few seconds.")
        try:
            yield
        finally:
            self._turn.release()


def _normal(password: str) -> str:
    """Return the same characters for the same password, however a keyboard composes them (NIST SP 800-63B-4)."""
    return unicodedata.normalize("NFKC", password)
