"""`docker-compose.yml` and its images: what can be known of them without a container engine."""

import base64
import json
import os
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from pydantic_settings import BaseSettings
from sqlalchemy import make_url
from typer.main import get_command

from assay.cli import app
from assay.settings import CommandSettings
from console.settings import ConsoleSettings
from infra.airflow_programs import _configuration
from infra.ports import Ports
from infra.settings import InfraSettings
from storage.settings import StorageSettings
from streams.settings import Role, StreamSettings

ROOT = Path(__file__).parents[2]
COMPOSE = ROOT / "docker-compose.yml"
EXAMPLE = ROOT / "infra" / "compose.env.example"
SCHEMA = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"
AIRFLOW = Path(os.environ.get("ASSAY_AIRFLOW_PYTHON", ROOT / ".venv-airflow" / "bin" / "python"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

Service = Mapping[str, Any]
FILE: Mapping[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
SERVICES: Mapping[str, Service] = FILE["services"]
VOLUMES: Mapping[str, Any] = FILE["volumes"]
BUILT = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILES = sorted({ROOT / service["build"]["dockerfile"] for service in BUILT.values()})

# ${NAME:?what to do}, which Compose refuses to start without, and ${NAME:-default}.
REQUIRED = re.compile(r"\$\{(\w+):\?([^}]*)\}")
OPTIONAL = re.compile(r"\$\{(\w+):-([^}]*)\}")
CONFIDENTIAL = re.compile(r"PASSWORD|SECRET|TOKEN|FERNET|CONN$|DATABASE_URL$|PROPERTIES$")

# Which settings the program behind a command reads; Airflow's tasks read the database and the lake.
READS: Mapping[str, tuple[type[BaseSettings], ...]] = {
    "streams": (StreamSettings, StorageSettings),
    "console": (ConsoleSettings, StorageSettings),
    "assay": (CommandSettings, StorageSettings),
}

# What these must differ in: where things are, and who may come in.
KAFKA_ADDRESSES = {"NODE_ID", "CONTROLLER_QUORUM_VOTERS", "LISTENERS", "ADVERTISED_LISTENERS", "LOG_DIRS"}
AIRFLOW_ADDRESSES = re.compile(r"URL$|KEY$|JWT_SECRET$|CONN$")

# Reads Airflow's command lines from standard input and exits with the parser's word on the first wrong one.
PARSE = """
import json, sys
from airflow.cli.cli_parser import get_parser

for arguments in json.load(sys.stdin):
    get_parser().parse_args(arguments)
"""


def environment(service: Service) -> dict[str, str]:
    """Return a service's variables as Compose sets them, with `filled` for every secret."""
    given = service.get("environment") or {}
    return {name: OPTIONAL.sub(r"\2", REQUIRED.sub("filled", str(value))) for name, value in given.items()}


def commands(first: str) -> list[list[str]]:
    """Return every command and health check of services and images whose first word is `first`."""
    found = [service.get("command", ()) for service in SERVICES.values()]
    found += [service.get("healthcheck", {}).get("test", ())[1:] for service in SERVICES.values()]
    found += [json.loads(line.split("CMD", 1)[1]) for path in DOCKERFILES for line in lines(path) if "CMD" in line]
    return [list(command) for command in found if command and command[0] == first]


def lines(dockerfile: Path) -> list[str]:
    """Return a Dockerfile's instructions, each in one line."""
    text = dockerfile.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def program(service: Service) -> str:
    """Return what a service runs: one of our modules, `assay`, or another program."""
    first, *rest = service.get("command") or ["-"]
    return str(rest[1] if first == "python" and rest[0] == "-m" else first)


def test_the_file_follows_the_compose_specification() -> None:
    """The specification's own JSON schema, which check-jsonschema ships, accepts the file."""
    place = distribution("check-jsonschema").locate_file(SCHEMA)
    jsonschema.validate(FILE, json.loads(Path(str(place)).read_text(encoding="utf-8")))


def test_every_variable_of_ours_is_a_setting_that_its_program_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """No `ASSAY_*` variable is misspelled or given to a program that does not want it, and all values are valid."""
    for service in (service for service in SERVICES.values() if program(service) in READS):
        given = {name: value for name, value in environment(service).items() if name.startswith("ASSAY_")}
        with monkeypatch.context() as patch:
            for name, value in given.items():
                patch.setenv(name, value)
            read = [settings() for settings in READS[program(service)]]
        fields = {f"ASSAY_{field.upper()}" for settings in read for field in type(settings).model_fields}
        assert given.keys() <= fields


def test_tasks_and_jobs_are_told_what_the_workers_are_told() -> None:
    """Airflow's tasks and the bucket's job see the database and the lake that the workers write."""
    keep = environment(SERVICES["worker-keep"])
    for name in ("airflow-scheduler", "bucket"):
        given = {key: value for key, value in environment(SERVICES[name]).items() if key.startswith("ASSAY_")}
        assert given.items() <= keep.items()


def test_every_python_command_exists() -> None:
    """`python -m` names a module that can be run, a worker a role, and `python -c` compiles."""
    for _, kind, what, *rest in commands("python"):
        if kind == "-c":
            compile(what, "docker-compose.yml", "exec")
        else:
            assert find_spec(f"{what}.__main__") is not None
            assert rest == ([Role(rest[0])] if what == "streams" else [])


def test_every_assay_command_exists() -> None:
    """What a service asks of `assay` is one of its commands."""
    known = vars(get_command(app))["commands"]
    assert {name for _, name, *_ in commands("assay")} <= known.keys()


@pytest.mark.skipif(not AIRFLOW.exists(), reason=f"Airflow's environment is not installed: {AIRFLOW}")
def test_every_airflow_command_exists(tmp_path: Path) -> None:
    """Airflow's own parser takes every command, health check and option."""
    asked = json.dumps([arguments for _, *arguments in commands("airflow")])
    variables = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    done = subprocess.run(
        [AIRFLOW, "-c", PARSE], check=False, input=asked, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_airflow_is_configured_as_the_embedded_one(tmp_path: Path) -> None:
    """Where no address or secret is concerned, what both set is the same."""
    ports = Ports(kafka=1, controller=2, postgres=3, api=4, airflow=5)
    embedded = _configuration(InfraSettings(var=tmp_path), ports, tmp_path)
    ours = {key: value for key, value in environment(SERVICES["airflow-api"]).items() if key in embedded}
    shared = {key: value for key, value in ours.items() if not AIRFLOW_ADDRESSES.search(key)}
    assert {key: embedded[key] for key in shared} == shared


def test_kafka_is_configured_as_the_embedded_one() -> None:
    """Where no address is concerned, what both set is the same."""
    template = (ROOT / "infra/kafka/server.properties").read_text(encoding="utf-8")
    pairs = (line.split("=", 1) for line in template.splitlines() if "=" in line and not line.startswith("#"))
    embedded = {name.replace(".", "_").upper(): value for name, value in pairs}
    ours = {name.removeprefix("KAFKA_"): value for name, value in environment(SERVICES["kafka"]).items()}
    shared = (ours.keys() & embedded.keys()) - KAFKA_ADDRESSES
    assert {name: embedded[name] for name in shared} == {name: ours[name] for name in shared}


def test_everything_that_is_built_from_exists() -> None:
    """Each build has its Dockerfile, each COPY its source, and each requirements file is there."""
    assert [path for path in DOCKERFILES if not path.is_file()] == []
    for path in DOCKERFILES:
        copies = [line for line in lines(path) if line.startswith("COPY ") and "--from" not in line]
        named = re.findall(r"requirements/\w+\.txt", path.read_text(encoding="utf-8"))
        sources = [source for line in copies for source in shlex.split(line)[1:-1]]
        assert [source for source in [*sources, *named] if not (ROOT / source).exists()] == []


def test_the_builder_gets_the_packages_and_no_secrets() -> None:
    """All is ignored but the packages and what a wheel and the installation need."""
    first, *rules = [
        rule for rule in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines() if rule and rule[0] != "#"
    ]
    wanted = {*PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"], "requirements"}
    wanted |= {"LICENSE", "README.md", "pyproject.toml"}
    assert first == "*"
    assert {rule.removeprefix("!") for rule in rules if rule.startswith("!")} == wanted


def test_every_installation_checks_hashes() -> None:
    """Whatever pip or uv fetches while an image is built has a hash in a lock."""
    for path in DOCKERFILES:
        steps = [
            step for line in lines(path) for step in line.split("&&") if re.search(r"pip (install|sync)|uv build", step)
        ]
        assert [step for step in steps if "--require-hashes" not in step and "--no-deps" not in step] == []


def test_every_image_is_pinned() -> None:
    """An image has a version for a tag; ours have the project's, and both start from the same Python."""
    images = {service["image"] for service in SERVICES.values()}
    assert [image for image in images if not re.search(r":\d+\.\d+[\w.-]*$", image)] == []
    assert {service["image"].partition(":")[2] for service in BUILT.values()} == {PROJECT["project"]["version"]}
    bases = {line.split()[1] for path in DOCKERFILES for line in lines(path) if line.startswith("FROM ")} - {"base"}
    assert [re.match(r"python:3\.11\.\d+-slim", base) is not None for base in bases] == [True]


def test_ports_are_published_on_loopback_only() -> None:
    """Nobody but this machine reaches a service, and nothing but what is published has a way out."""
    published = {name for name, service in SERVICES.items() if service.get("ports")}
    hosts = {port["host_ip"] for name in published for port in SERVICES[name]["ports"]}
    assert hosts == {"127.0.0.1"}
    assert {name for name, service in SERVICES.items() if "edge" in service["networks"]} == published


def secrets() -> Iterator[str]:
    """Yield the values of all variables whose names say that they hold a secret."""
    for service in SERVICES.values():
        for name, value in (service.get("environment") or {}).items():
            if CONFIDENTIAL.search(name):
                yield value


def test_no_secret_is_written_down() -> None:
    """Each comes from the user's `.env`."""
    assert [value for value in secrets() if not REQUIRED.search(value)] == []
    assert re.findall(r"://\w+:(?!\$\{\w+:\?)[^@/\s]+@", COMPOSE.read_text(encoding="utf-8")) == []


def test_a_missing_secret_is_named_with_the_remedy() -> None:
    """Compose stops with the variable to set and the file that explains it; the example has each, empty."""
    asked = set(REQUIRED.findall(COMPOSE.read_text(encoding="utf-8")))
    assert {text for _, text in asked} == {f"set {name} in .env, see infra/compose.env.example" for name, _ in asked}
    example = re.findall(r"^(\w+)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(example) == {name: "" for name, _ in asked}


def test_what_may_be_changed_stands_in_the_example() -> None:
    """Every optional variable is there, commented out, with its default."""
    offered = re.findall(r"^# (\w+)=(.+)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(offered) == set(OPTIONAL.findall(COMPOSE.read_text(encoding="utf-8")))


def test_the_example_fills_itself_with_fitting_secrets(tmp_path: Path) -> None:
    """Its recipe makes a private file of 32 random bytes each, which survive being part of an address."""
    recipe = re.findall(r"^#   (\(umask.*)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)[0]
    made = tmp_path / ".env"
    subprocess.run(["sh", "-c", recipe.replace("> .env", f"> {shlex.quote(str(made))}")], check=True, cwd=ROOT)
    values = dict(re.findall(r"^(\w+)=(.*)$", made.read_text(encoding="utf-8"), re.MULTILINE))
    assert made.stat().st_mode & 0o077 == 0
    assert len(set(values.values())) == len(values)
    for value in values.values():
        assert len(base64.urlsafe_b64decode(value)) == 32
        assert make_url(f"postgresql://assay:{value}@postgres/assay").password == value


def test_every_service_has_the_least_privileges() -> None:
    """No capabilities, nothing gained by setuid, no root in our images; read-only but for Kafka's start script."""
    assert {tuple(service["cap_drop"]) for service in SERVICES.values()} == {("ALL",)}
    assert {tuple(service["security_opt"]) for service in SERVICES.values()} == {("no-new-privileges:true",)}
    assert {name for name, service in SERVICES.items() if not service.get("read_only")} == {"kafka"}
    assert [lines(path).count("USER 10001:10001") for path in DOCKERFILES] == [1] * len(DOCKERFILES)


def test_workers_can_be_scaled() -> None:
    """Neither a name, a port nor a group member's id is fixed, which two containers would share."""
    assert [name for name, service in SERVICES.items() if "container_name" in service] == []
    workers = [service for service in SERVICES.values() if program(service) == "streams"]
    assert len(workers) == len(Role)
    assert [service for service in workers if service.get("ports") or "ASSAY_WORKER_ID" in environment(service)] == []


def waits() -> Sequence[tuple[str, str]]:
    """Return each service that another waits for, with the condition."""
    needs = (need for service in SERVICES.values() for need in service.get("depends_on", {}).items())
    return [(name, need["condition"]) for name, need in needs]


def test_whoever_waits_waits_for_something_that_happens() -> None:
    """What must be healthy has a check; what must be completed is a job that ends; there is no other condition."""
    jobs = {name for name, service in SERVICES.items() if service["restart"] != "unless-stopped"}
    checked = {name for name, service in SERVICES.items() if not service.get("healthcheck", {}).get("disable")} - jobs
    assert {name for name, condition in waits() if condition == "service_completed_successfully"} == jobs
    assert {name for name, condition in waits() if condition == "service_healthy"} <= checked
    assert {condition for _, condition in waits()} == {"service_completed_successfully", "service_healthy"}


def test_every_mount_has_its_source() -> None:
    """A named volume is declared and used; a folder or file of the checkout exists and is mounted to be read only."""
    mounts = [mount for service in SERVICES.values() for mount in service.get("volumes", ())]
    bound = [mount for mount in mounts if isinstance(mount, dict)]
    assert {mount.partition(":")[0] for mount in mounts if isinstance(mount, str)} == VOLUMES.keys()
    assert [mount for mount in bound if not (ROOT / OPTIONAL.sub(r"\2", mount["source"])).exists()] == []
    assert [mount["read_only"] for mount in bound] == [True] * len(bound)
