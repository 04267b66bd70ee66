"""Signing in: the limits of attempts, the password, the session; nobody learns from it which accounts there are."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil

from fastapi import HTTPException

from console.desk import Desk
from storage import passwords, tickets
from storage.labelers import Labeler, digest
from storage.passwords import Known, Visit
from storage.sessions import had_session
from storage.sign_in_limits import Limit, attempt, forgive, of_account, of_address, of_browser

# Whoever has one IPv6 address has 2^64.
PREFIX = 64
CHALLENGE = {"WWW-Authenticate": "Bearer"}


def sign_in(desk: Desk, name: str, password: str, visit: Visit) -> tuple[Labeler, str]:
    """Return whose password this is, and the id of a new session.

    Raises:
        HTTPException: 401 where it is nobody's; 429 after too many attempts.
    """
    with _counted(desk, name, visit):
        known = _verified(desk, name, password, visit)
    return known.labeler, passwords.sign_in(desk.engine, known, visit)


def enter(desk: Desk, ticket: str, visit: Visit) -> tuple[Labeler, str]:
    """Return whose ticket this is, which is used up, and the id of a new session; as a code, it is not counted.

    Raises:
        HTTPException: 401 where it is nobody's, was used, or is too old.
    """
    entered = tickets.redeem(desk.engine, desk.project.name, ticket, visit)
    if entered is None:
        raise HTTPException(401, "This ticket serves no more: `assay user ticket` prints another.", CHALLENGE)
    return entered


def choose_first_password(desk: Desk, labeler: Labeler, new: str, visit: Visit) -> tuple[Labeler, str]:
    """Give somebody who came in by a ticket a password, and return them and the id of a new session; others end.

    Raises:
        ConflictError: the account has a password.
    """
    chosen = desk.sign_in.passwords.hashed(new)
    return labeler, passwords.choose(desk.engine, labeler, chosen, visit, instead_of=None)


def choose_password(desk: Desk, name: str, current: str, new: str, visit: Visit) -> tuple[Labeler, str]:
    """Replace a password, or use a code up, and return whose it is and the id of a new session; others end.

    A code is not counted as an attempt, since nobody can guess one: it lets its owner in while somebody else tries
    passwords.

    Raises:
        HTTPException: 401 where `current` is nobody's; 429 after too many attempts.
    """
    invited = passwords.by_code(desk.engine, desk.project.name, name, current, visit.origin)
    if invited is not None:
        chosen = desk.sign_in.passwords.hashed(new)
        return invited, passwords.choose(desk.engine, invited, chosen, visit, instead_of=digest(current))
    with _counted(desk, name, visit):
        known = _verified(desk, name, current, visit)
    chosen = desk.sign_in.passwords.hashed(new)
    before = known.password_hash or ""
    return known.labeler, passwords.choose(desk.engine, known.labeler, chosen, visit, instead_of=before)


@contextmanager
def _counted(desk: Desk, name: str, visit: Visit) -> Iterator[None]:
    """Count an attempt, refuse it if there were too many, and take the count back if it succeeds."""
    limits = _limits(desk, name, visit)
    wait = attempt(desk.engine, limits)
    if wait is not None:
        seconds = str(max(1, ceil(wait)))
        raise HTTPException(429, "Too many attempts to sign in were made just now.", {"Retry-After": seconds})
    yield
    forgive(desk.engine, limits)


def _limits(desk: Desk, name: str, visit: Visit) -> list[Limit]:
    """Return what an attempt counts against.

    Where the owner has signed in before, attempts are counted apart, by browser and not by address: so nobody else can
    use them up.
    """
    project, former = desk.project.name, visit.former
    if former is not None and had_session(desk.engine, project, name, former):
        return [of_browser(project, name, digest(former))]
    return [of_account(project, name), of_address(project, _block(visit.origin or ""))]


def _verified(desk: Desk, name: str, password: str, visit: Visit) -> Known:
    known = passwords.known(desk.engine, desk.project.name, name, visit.origin)
    kept = known.password_hash if known else None
    if not desk.sign_in.passwords.fits(password, kept) or known is None or kept is None:
        passwords.refused(desk.engine, desk.project.name, known, visit.origin)
        raise HTTPException(401, "This is no name and password of this project.", CHALLENGE)
    if desk.sign_in.passwords.outdated(kept):
        return passwords.rehash(desk.engine, known, desk.sign_in.passwords.hashed(password))
    return known


def _block(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(IPv6Network((parsed, PREFIX), strict=False)) if isinstance(parsed, IPv6Address) else address
