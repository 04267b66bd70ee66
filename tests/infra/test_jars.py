import hashlib
import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from infra.errors import JarsError
from infra.jars import Jar, fetch, read_lock
from infra.settings import InfraSettings

CONTENT = b"what a jar holds"
JAR = Jar("org.example:thing:1.0", hashlib.sha256(CONTENT).hexdigest())


class Quiet(SimpleHTTPRequestHandler):
    """A file server that keeps its requests to itself."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the signature is the library's
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Return the address of a Maven repository with one jar, and the jar's file in it."""
    file = tmp_path / "repository/org/example/thing/1.0/thing-1.0.jar"
    file.parent.mkdir(parents=True)
    file.write_bytes(CONTENT)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "repository"))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", file
        server.shutdown()


@pytest.fixture
def settings(repository: tuple[str, Path], tmp_path: Path) -> InfraSettings:
    """Return settings that fetch from that repository."""
    return InfraSettings(jars=tmp_path / "jars", maven_url=repository[0])


def test_every_locked_jar_has_a_hash_and_none_a_host() -> None:
    """The lock says what each file must be, and leaves where it comes from to the user."""
    jars = read_lock()
    assert len(jars) > 40
    assert all(re.fullmatch(r"[0-9a-f]{64}", jar.sha256) for jar in jars)
    assert all(re.fullmatch(r"[\w.-]+:[\w.-]+:[\w.-]+", jar.coordinate) for jar in jars)


def test_no_package_lock_names_a_host() -> None:
    """Whoever has a mirror uses it."""
    folder = Path(__file__).parents[2] / "requirements"
    assert [file.name for file in folder.glob("*.txt") if "://" in file.read_text(encoding="utf-8")] == []


def test_a_missing_jar_is_fetched(settings: InfraSettings) -> None:
    """The class path names the file, and the file is there."""
    assert fetch(settings, jars=[JAR]) == str(settings.jars / "thing-1.0.jar")
    assert (settings.jars / "thing-1.0.jar").read_bytes() == CONTENT


def test_a_damaged_jar_is_fetched_again(settings: InfraSettings) -> None:
    """What an interrupted copy or a bad disk left behind is not trusted."""
    settings.jars.mkdir()
    (settings.jars / "thing-1.0.jar").write_bytes(CONTENT[:5])
    fetch(settings, jars=[JAR])
    assert (settings.jars / "thing-1.0.jar").read_bytes() == CONTENT


def test_another_file_than_was_locked_is_refused_and_not_kept(
    settings: InfraSettings, repository: tuple[str, Path]
) -> None:
    """A repository that gives something else is named, and nothing of it stays."""
    repository[1].write_bytes(b"something else")
    with pytest.raises(JarsError, match=r"gave another thing-1\.0\.jar than was locked"):
        fetch(settings, jars=[JAR])
    assert list(settings.jars.iterdir()) == []


def test_a_jar_that_cannot_be_fetched_says_what_to_do(settings: InfraSettings) -> None:
    """The text names the jar and the variable that helps."""
    with pytest.raises(JarsError, match=r"org\.example:absent:1\.0 cannot be fetched.*ASSAY_MAVEN_URL"):
        fetch(settings, jars=[Jar("org.example:absent:1.0", JAR.sha256)])
