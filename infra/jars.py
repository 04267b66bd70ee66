"""The broker's jars: resolved once into a lock, then fetched from a Maven repository and checked against it.

`python -m infra.jars fetch` fetches what is missing; `python -m infra.jars lock` resolves the coordinates anew.
`python -m infra.jars fetch LOCK FOLDER` fetches those of another lock into another folder.
"""

import hashlib
import logging
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import requests
from jgo.maven import MavenContext

from infra.errors import JarsError, StackError
from infra.settings import InfraSettings, load_settings

LOCK = Path(__file__).with_name("kafka") / "jars.lock"

COORDINATES = (
    "org.apache.kafka:kafka_2.13:4.3.1",
    "org.apache.kafka:kafka-clients:4.3.1",  # else the resolver takes 3.9.1, with which the broker dies
    "org.slf4j:slf4j-simple:1.7.36",  # the smallest logger that prints
)

THREADS = 8  # downloads at a time: the files are small, the waiting is all latency
TIMEOUT_S = 60

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Jar:
    """One line of the lock: a Maven artifact and what its file must be."""

    coordinate: str
    sha256: str

    @property
    def filename(self) -> str:
        """Name of the file in the repository and in our folder."""
        _, artifact, version = self.coordinate.split(":")
        return f"{artifact}-{version}.jar"


def read_lock(path: Path = LOCK) -> tuple[Jar, ...]:
    """Return the locked jars, in the lock's order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(Jar(*line.split()) for line in lines if line and not line.startswith("#"))


def fetch(settings: InfraSettings, *, jars: Sequence[Jar] | None = None) -> str:
    """Fetch the jars that are missing or damaged and return the class path of all.

    A jar appears in the folder whole and verified, or not at all: an interrupted download leaves nothing behind
    that a later start would trust.

    Raises:
        JarsError: A file cannot be fetched, or is not the one that was locked.
    """
    locked = read_lock() if jars is None else jars
    settings.jars.mkdir(parents=True, exist_ok=True)
    wanted = [jar for jar in locked if not _is_sound(jar, settings.jars)]
    if wanted:
        _fetch_all(wanted, settings)
    return class_path(settings, locked)


def class_path(settings: InfraSettings, jars: Sequence[Jar] | None = None) -> str:
    """Return the class path of the locked jars, whether they are there yet or not."""
    return ":".join(str(settings.jars / jar.filename) for jar in (read_lock() if jars is None else jars))


def lock(settings: InfraSettings, path: Path = LOCK) -> int:
    """Resolve the coordinates, write the lock and return how many jars it has."""
    with tempfile.TemporaryDirectory() as staging:
        context = _context(Path(staging), settings)
        inputs, transitive = context.resolver.resolve([context.create_dependency(each) for each in COORDINATES])
        with ThreadPoolExecutor(THREADS) as pool:
            jars = sorted(pool.map(_lock_line, [*inputs, *transitive]))
    header = "# The jars of the embedded Kafka; made by `make lock`."
    path.write_text("\n".join([header, *jars]) + "\n", encoding="utf-8")
    return len(jars)


def _lock_line(dependency: object) -> str:
    artifact = dependency.artifact  # type: ignore[attr-defined]  # jgo's own type, shipped without annotations we see
    digest = _sha256(artifact.resolve())
    return f"{artifact.groupId}:{artifact.artifactId}:{artifact.version} {digest}"


def _fetch_all(jars: Sequence[Jar], settings: InfraSettings) -> None:
    logger.info("fetching %d jars into %s", len(jars), settings.jars)
    # Staged in the same folder, so that the last step is a rename on one file system.
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=settings.jars) as staging:
        context = _context(Path(staging), settings)
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(partial(_fetch_one, context=context, folder=settings.jars), jars))


def _fetch_one(jar: Jar, *, context: MavenContext, folder: Path) -> None:
    try:
        fetched: Path = context.create_dependency(jar.coordinate).artifact.resolve()
    except (requests.RequestException, RuntimeError) as error:
        raise JarsError(
            f"The jar {jar.coordinate} cannot be fetched ({error}). Check the network or its proxy, "
            "or set ASSAY_MAVEN_URL to a Maven repository that can be reached; then: make setup"
        ) from error
    found = _sha256(fetched)
    if found != jar.sha256:
        raise JarsError(
            f"The repository gave another {jar.filename} than was locked (sha256 {found}, locked {jar.sha256}); "
            "it was not kept. Try again; if it stays so, something between here and the repository changes files."
        )
    fetched.replace(folder / jar.filename)


def _is_sound(jar: Jar, folder: Path) -> bool:
    path = folder / jar.filename
    if not path.exists():
        return False
    if _sha256(path) == jar.sha256:
        return True
    logger.warning("%s is damaged: fetching it again", path)
    path.unlink()
    return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _context(cache: Path, settings: InfraSettings) -> MavenContext:
    remote = {"mirror": settings.maven_url} if settings.maven_url else None
    return MavenContext(repo_cache=cache, remote_repos=remote, timeout=TIMEOUT_S)


def main(arguments: Sequence[str]) -> int:
    """Run `fetch` or `lock`; return the exit code."""
    try:
        if list(arguments) == ["fetch"]:
            fetch(load_settings())
        elif list(arguments[:1]) == ["fetch"] and len(arguments) == 3:  # noqa: PLR2004 - a word, a lock, a folder
            other = load_settings().model_copy(update={"jars": Path(arguments[2])})
            fetch(other, jars=read_lock(Path(arguments[1])))
        elif list(arguments) == ["lock"]:
            lock(load_settings())
        else:
            sys.stderr.write("usage: python -m infra.jars fetch [LOCK FOLDER]|lock\n")
            return 2
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
