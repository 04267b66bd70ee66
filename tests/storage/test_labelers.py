"""Labelers and their tokens."""

import pytest
from sqlalchemy import Engine, text

from schemas.errors import ConflictError, InputError
from schemas.roles import Role
from storage.labelers import by_token, register, reissue


def test_a_token_finds_its_labeler_in_its_project(engine: Engine) -> None:
    """And in no other."""
    token = register(engine, "one", "ada", simulated=False, role=Role.LEAD)
    labeler = by_token(engine, "one", token)
    assert labeler is not None
    assert (labeler.name, labeler.simulated, labeler.role) == ("ada", False, Role.LEAD)
    assert by_token(engine, "two", token) is None


def test_the_token_itself_is_kept_nowhere(engine: Engine) -> None:
    """Only its SHA-256."""
    token = register(engine, "three", "ada", simulated=True)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT labelers::text FROM labelers")).scalars().all()
    assert not [row for row in rows if token in row]


@pytest.mark.parametrize("token", ["", "x", "\x00", "\ud800", "ä" * 10_000, "' OR 1=1 --"])
def test_what_is_no_token_finds_nobody(engine: Engine, token: str) -> None:
    """Whatever it holds."""
    assert by_token(engine, "one", token) is None


def test_a_name_is_taken_once(engine: Engine) -> None:
    """Who has lost the token gets a new one, and the old one stops working."""
    old = register(engine, "four", "ada", simulated=False)
    with pytest.raises(ConflictError, match="another name"):
        register(engine, "four", "ada", simulated=False)
    new = reissue(engine, "four", "ada")
    assert [by_token(engine, "four", token) is None for token in (old, new)] == [True, False]


@pytest.mark.parametrize("name", ["", " ", "a\x00b", "a\nb", "x" * 201])
def test_a_name_is_printable(engine: Engine, name: str) -> None:
    """It stands in logs, events and tables."""
    with pytest.raises(InputError, match="printable"):
        register(engine, "five", name, simulated=False)


def test_a_token_is_reissued_only_to_somebody(engine: Engine) -> None:
    """Not to a name with a typing error."""
    with pytest.raises(InputError, match="register"):
        reissue(engine, "six", "nobody")
