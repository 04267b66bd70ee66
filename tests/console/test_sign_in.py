"""Signing in and out, over HTTP: passwords, codes, sessions, limits of attempts, and what the trail says of it."""

from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import text

from console.passwords import Passwords
from console.testing import OUR_PAGES, Site, serving
from schemas.roles import Role
from storage import accounts, tickets, trail
from storage.passwords import known
from storage.sign_in_limits import attempt, of_address
from storage.trail import NOBODY, Action

PASSWORD = "correct horse battery"  # noqa: S105 - of a test
ANOTHER = "staple battery horse"


def signed_up(site: Site, role: Role = Role.LABELER, password: str = PASSWORD) -> tuple[str, httpx.Client]:
    """Return the name of a person who has chosen a password, and the browser in which that was done."""
    name, code = site.invite(role)
    browser = site.browser()
    chosen = browser.put("/v1/password", json={"name": name, "current": code, "new": password})
    assert chosen.status_code == 200
    return name, browser


def sign_in(browser: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    """Try to."""
    return browser.post("/v1/session", json={"name": name, "password": password})


def later(site: Site, table: str, column: str, seconds: int) -> None:
    """Let time pass for what stands in a column."""
    with site.engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {column} = {column} - {seconds} * interval '1 second'"))  # noqa: S608


def acts(site: Site) -> list[tuple[str, str | None]]:
    """Return what the trail says, oldest first."""
    found = trail.entries(site.engine, site.project.name, limit=1000)
    return [(entry.action, entry.subject) for entry in reversed(found)]


def test_a_person_chooses_a_password_by_a_code_and_signs_in_with_it_elsewhere(site: Site) -> None:
    """And is told what they may."""
    name, browser = signed_up(site, Role.LEAD)
    elsewhere = site.browser()
    assert elsewhere.get("/v1/session").status_code == 401
    opened = sign_in(elsewhere, name)
    expected = {"name": name, "role": "lead", "simulated": False}
    assert (opened.status_code, {**opened.json(), **expected}) == (201, opened.json())
    assert opened.json()["permissions"] == ["label", "findings", "samples", "reports", "publish", "adjudicate", "gold"]
    assert [each.get("/v1/session").json() for each in (browser, elsewhere)] == [opened.json()] * 2


def test_a_code_serves_once_for_choosing_a_password_and_for_seven_days(site: Site) -> None:
    """It is no password itself."""
    name, code = site.invite()
    choice = {"name": name, "current": code, "new": PASSWORD}
    assert sign_in(site.browser(), name, code).status_code == 401
    assert site.browser().put("/v1/password", json={**choice, "name": "somebody else"}).status_code == 401
    later(site, "passwords", "code_expires_at", 7 * 86_400)
    assert site.browser().put("/v1/password", json=choice).status_code == 401
    later(site, "passwords", "code_expires_at", -7 * 86_400)
    assert [site.browser().put("/v1/password", json=choice).status_code for _ in range(2)] == [200, 401]


@pytest.mark.parametrize("password", ["", "x" * 14, "\x00" * 14, "x" * 1001])
def test_a_password_is_long_enough_and_that_is_all(site: Site, password: str) -> None:
    """What was given is not repeated in the reply."""
    name, code = site.invite()
    refused = site.browser().put("/v1/password", json={"name": name, "current": code, "new": password})
    assert (refused.status_code, code in refused.text) == (422, False)
    chosen = site.browser().put(
        "/v1/password", json={"name": name, "current": code, "new": "\x00 é\u0301 \U0001f98a" * 3}
    )
    assert chosen.status_code == 200


def test_a_password_is_the_same_however_a_keyboard_composes_it(site: Site) -> None:
    """One key, or two."""
    one, two = ("caf\u00e9 au lait, s'il vous pla\u00eet", "cafe\u0301 au lait, s'il vous plai\u0302t")
    name, _ = signed_up(site, password=one)
    assert sign_in(site.browser(), name, two).status_code == 201


def test_a_ticket_signs_in_once_and_then_a_password_is_chosen(site: Site) -> None:
    """By whoever came in with it, where there is none yet; from then on it takes the one before."""
    ticket = tickets.first(site.engine, site.project.name, NOBODY)
    told = [(browser := site.browser()).post("/v1/session", json={"ticket": ticket}) for _ in range(2)]
    assert [reply.status_code for reply in told] == [201, 401]
    assert (told[0].json()["name"], told[0].json()["role"]) == ("admin", "admin")
    choice = {"name": "admin", "new": PASSWORD}
    first = site.client(headers=OUR_PAGES, cookies=told[0].cookies)
    refused = [site.browser(), site.browser(site.enlist(Role.ADMIN)[0]), browser]
    assert [each.put("/v1/password", json=choice).status_code for each in refused] == [401] * 3
    assert [first.put("/v1/password", json=choice).status_code for _ in range(2)] == [200, 409]
    assert sign_in(site.browser(), "admin").status_code == 201


def test_a_token_of_an_account_without_a_password_chooses_none(site: Site) -> None:
    """Nor does it with the cookie beside it: whoever sends an Authorization header is judged by that alone."""
    ticket = tickets.first(site.engine, site.project.name, NOBODY)
    browser = site.browser()
    browser.post("/v1/session", json={"ticket": ticket})
    token = browser.post("/v1/tokens", json={"name": "script"}).json()["token"]
    choice = {"name": "admin", "new": PASSWORD}
    assert browser.put("/v1/password", json=choice, headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_neither_passwords_nor_codes_nor_session_ids_are_kept(site: Site) -> None:
    """Only what they cannot be had from."""
    name, code = site.invite()
    browser = site.browser()
    browser.put("/v1/password", json={"name": name, "current": code, "new": PASSWORD})
    with site.engine.connect() as connection:
        tables = ("passwords", "sessions", "trail", "sign_in_limits", "tokens", "labelers")
        rows = [str(row) for table in tables for row in connection.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608
    assert [row for row in rows for secret in (code, PASSWORD, browser.cookies["assay"]) if secret in row] == []


def test_changing_a_password_ends_every_other_session(site: Site) -> None:
    """And the one before does not work any more."""
    name, browser = signed_up(site)
    elsewhere = site.browser()
    sign_in(elsewhere, name)
    before = browser.cookies["assay"]
    changed = browser.put("/v1/password", json={"name": name, "current": PASSWORD, "new": ANOTHER})
    assert (changed.status_code, browser.cookies["assay"] == before) == (200, False)
    assert [each.get("/v1/session").status_code for each in (browser, elsewhere)] == [200, 401]
    assert [sign_in(site.browser(), name, each).status_code for each in (PASSWORD, ANOTHER)] == [401, 201]


def test_signing_out_ends_this_session_and_signing_out_everywhere_all_of_them(site: Site) -> None:
    """On the server, whatever the browser keeps."""
    name, first = signed_up(site)
    second, third = site.browser(), site.browser()
    assert [sign_in(each, name).status_code for each in (second, third)] == [201, 201]
    assert first.delete("/v1/session").status_code == 204
    assert [each.get("/v1/session").status_code for each in (first, second, third)] == [401, 200, 200]
    assert second.delete("/v1/sessions").status_code == 204
    assert [each.get("/v1/session").status_code for each in (second, third)] == [401, 401]


def test_signing_in_anew_ends_the_session_that_the_browser_had(site: Site) -> None:
    """And never goes on under the same id."""
    name, browser = signed_up(site)
    before = browser.cookies["assay"]
    sign_in(browser, name)
    assert browser.cookies["assay"] != before
    assert site.client(cookies={"assay": before}).get("/v1/session").status_code == 401


@pytest.mark.parametrize("column", ["seen_at", "expires_at"])
def test_a_session_ends_when_it_is_not_used_and_in_any_case_some_day(site: Site, column: str) -> None:
    """By the server's clock."""
    _, browser = signed_up(site)
    later(site, "sessions", column, 59 * 60)
    assert browser.get("/v1/session").status_code == 200
    later(site, "sessions", column, 12 * 3600)
    assert browser.get("/v1/session").status_code == 401


def test_using_a_session_keeps_it_alive(site: Site) -> None:
    """Up to its end."""
    _, browser = signed_up(site)
    for _ in range(3):
        later(site, "sessions", "seen_at", 59 * 60)
        assert browser.get("/v1/session").status_code == 200


def test_who_is_disabled_is_out_at_once_and_comes_in_by_no_way(site: Site) -> None:
    """Session, token, password and code; enabled again, password and token work as before."""
    name, browser = signed_up(site)
    program = site.program(browser.post("/v1/tokens", json={"name": "script"}).json()["token"])
    account = accounts.id_of(site.engine, site.project.name, name)
    accounts.disable(site.engine, site.project.name, account, NOBODY)
    assert [each.get("/v1/session").status_code for each in (browser, program)] == [401, 401]
    assert sign_in(site.browser(), name).status_code == 401
    accounts.enable(site.engine, site.project.name, account, NOBODY)
    assert [each.get("/v1/session").status_code for each in (browser, program)] == [401, 200]
    assert sign_in(browser, name).status_code == 201
    code = accounts.issue_code(site.engine, site.project.name, account, NOBODY)
    accounts.disable(site.engine, site.project.name, account, NOBODY)
    invited = {"name": name, "current": code, "new": ANOTHER}
    assert site.browser().put("/v1/password", json=invited).status_code == 401


def test_a_session_of_another_project_opens_nothing(site: Site, database: str, tmp_path: Path) -> None:
    """Though it is in the same database, and of an account of the same name."""
    name, browser = signed_up(site)
    (tmp_path / "other").mkdir()
    with serving(database, tmp_path / "other") as other:
        accounts.add(other.engine, other.project.name, name, Role.ADMIN, NOBODY)
        assert other.client(cookies=browser.cookies).get("/v1/session").status_code == 401
        assert sign_in(other.browser(), name).status_code == 401


def test_the_cookie_is_for_us_alone(site: Site, database: str, tmp_path: Path) -> None:
    """Scripts do not read it; where browsers come by HTTPS, it goes by nothing else."""
    name, code = site.invite()
    choice = {"name": name, "current": code, "new": PASSWORD}
    cookie = site.browser().put("/v1/password", json=choice).headers["set-cookie"].split("; ")
    assert cookie[0].startswith("assay=")
    assert {each.lower() for each in cookie[1:]} == {"httponly", "max-age=2592000", "path=/", "samesite=lax"}
    (tmp_path / "other").mkdir()
    with serving(database, tmp_path / "other", api_origin="https://assay.example") as public:
        name, code = public.invite()
        asked = public.client(headers={"Origin": "https://assay.example"})
        cookie = (
            asked.put("/v1/password", json={**choice, "name": name, "current": code}).headers["set-cookie"].split("; ")
        )
        assert (cookie[0].startswith("__Host-assay="), "Secure" in cookie) == (True, True)


def test_a_hash_of_yesterdays_parameters_is_made_anew_at_the_next_sign_in(site: Site) -> None:
    """And works then."""
    name, _ = signed_up(site)
    weak = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)).hashed(PASSWORD)
    change = (
        "UPDATE passwords SET password_hash = :hash FROM labelers WHERE name = :name "
        "AND labelers.labeler_id = passwords.labeler_id"
    )
    with site.engine.begin() as connection:
        connection.execute(text(change), {"hash": weak, "name": name})
    assert sign_in(site.browser(), name).status_code == 201
    kept = known(site.engine, site.project.name, name, None)
    assert kept is not None
    assert "m=65536," in str(kept.password_hash)
    assert sign_in(site.browser(), name).status_code == 201


def test_a_wrong_password_and_an_unknown_name_are_told_alike(site: Site) -> None:
    """Also with the tenth attempt and the one after; for who has no password, and who is disabled, likewise."""
    name, _ = signed_up(site)
    waiting, _ = site.invite()
    out, _ = signed_up(site)
    accounts.disable(site.engine, site.project.name, accounts.id_of(site.engine, site.project.name, out), NOBODY)
    told = {
        each: [sign_in(site.browser(), each, ANOTHER) for _ in range(11)] for each in (name, waiting, out, "nobody")
    }
    said = {each: [(reply.status_code, reply.text) for reply in replies] for each, replies in told.items()}
    assert [status for status, _ in said[name]] == [401] * 10 + [429]
    assert [said[each] for each in (waiting, out, "nobody")] == [said[name]] * 3
    assert 0 < int(told["nobody"][-1].headers["retry-after"]) <= 30


def test_an_unknown_name_takes_a_hash_as_well(site: Site) -> None:
    """So that the time does not tell who exists: the same work is done for everybody."""
    name, _ = signed_up(site)
    taken = {each: min(sign_in(site.browser(), each, ANOTHER).elapsed for _ in range(4)) for each in (name, "nobody")}
    assert 0.3 < taken["nobody"] / taken[name] < 3


@pytest.fixture
def besieged(site: Site) -> tuple[Site, str, httpx.Client]:
    """A person whose password somebody else is guessing, and the browser in which the person signed in before."""
    name, browser = signed_up(site)
    attacker = site.browser()
    assert [sign_in(attacker, name, ANOTHER).status_code for _ in range(11)][-1] == 429
    return site, name, browser


def test_who_guesses_keeps_nobody_out_of_the_browser_they_know(besieged: tuple[Site, str, httpx.Client]) -> None:
    """Attempts there are counted apart, and have a limit too."""
    site, name, browser = besieged
    browser.delete("/v1/session")
    assert sign_in(site.browser(), name).status_code == 429
    assert sign_in(browser, name).status_code == 201
    assert [sign_in(browser, name, ANOTHER).status_code for _ in range(11)] == [401] * 10 + [429]


def test_the_browser_of_one_is_no_way_around_the_limit_of_another(besieged: tuple[Site, str, httpx.Client]) -> None:
    """It is known for its owner only."""
    site, name, _ = besieged
    _, stranger = signed_up(site)
    assert sign_in(stranger, name, ANOTHER).status_code == 429


def test_a_code_lets_in_while_somebody_guesses(besieged: tuple[Site, str, httpx.Client]) -> None:
    """In a browser that is new."""
    site, name, _ = besieged
    code = accounts.issue_code(
        site.engine, site.project.name, accounts.id_of(site.engine, site.project.name, name), NOBODY
    )
    for _ in range(11):
        sign_in(site.browser(), name, ANOTHER)
    anew = {"name": name, "current": code, "new": PASSWORD}
    assert site.browser().put("/v1/password", json=anew).status_code == 200


def test_waiting_as_long_as_was_said_is_enough(besieged: tuple[Site, str, httpx.Client]) -> None:
    """The limit is no lock."""
    site, name, _ = besieged
    seconds = int(sign_in(site.browser(), name).headers["retry-after"])
    later(site, "sign_in_limits", "free_at", seconds)
    assert sign_in(site.browser(), name).status_code == 201


def test_an_address_has_a_limit_over_all_names(site: Site) -> None:
    """Else one password could be tried on everybody."""
    here = [of_address(site.project.name, "127.0.0.1")]
    assert [attempt(site.engine, here) for _ in range(50)] == [None] * 50
    told = [
        sign_in(site.browser(), "nobody"),
        site.browser().put("/v1/password", json={"name": "nobody", "current": "x", "new": PASSWORD}),
    ]
    assert [reply.status_code for reply in told] == [429, 429]


def test_a_success_counts_as_no_attempt(site: Site) -> None:
    """However often somebody signs in."""
    name, _ = signed_up(site)
    assert {sign_in(site.browser(), name).status_code for _ in range(12)} == {201}


def test_the_trail_tells_of_it_and_names_no_secret(site: Site) -> None:
    """What was typed as a name, and is none, may be a password: it is not written down."""
    name, browser = signed_up(site)
    sign_in(site.browser(), name, ANOTHER)
    sign_in(site.browser(), PASSWORD, ANOTHER)
    sign_in(browser, name)
    browser.delete("/v1/session")
    assert acts(site) == [
        (Action.ACCOUNT_ADDED, name),
        (Action.PASSWORD_CHOSEN, name),
        (Action.SIGN_IN_FAILED, name),
        (Action.SIGN_IN_FAILED, None),
        (Action.SIGNED_IN, name),
        (Action.SIGNED_OUT, name),
    ]
    assert {entry.origin for entry in trail.entries(site.engine, site.project.name, limit=5)} == {"127.0.0.1"}
