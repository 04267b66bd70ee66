"""Screen a stream while everything around it breaks, and prove that nothing was lost or done twice.

Records flow at a steady rate into four partitions; three screening workers and three keeping workers handle them;
faults come at random moments from the printed seed. At the end what stands in the stores is compared with what one
undisturbed pass of the pure function gives, and the audit must be ok. Writes `var/chaos/report.json`; the exit status
is 0 only if nothing was lost, doubled or unexpected.
"""

import argparse
import json
import random
import secrets
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from confluent_kafka import Producer
from pydantic import SecretStr
from sqlalchemy import Engine

from assay.platform import prepare
from bench.chaos.disk import Disk, disk
from bench.chaos.faults import Faults, pauses
from bench.chaos.fleet import CHECKOUT, Fleet
from bench.chaos.verdict import Verdict, repeated, verdicts
from bench.line.readings import readings
from infra.services import storage_services
from infra.settings import InfraSettings
from infra.stack import Stack
from infra.testing import guard
from schemas.errors import AssayError, UnavailableError
from storage.database import open_engine
from storage.lake import Lake
from storage.projects import Project, read_project
from storage.settings import StorageSettings
from streams.audit import run_audit

LINE = Path(__file__).resolve().parents[1] / "line"
SCREENERS, KEEPERS = 3, 3
# How long everything may take to be accounted for once the last fault is over, in seconds.
PATIENCE = 300.0


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is to happen."""

    records: int
    faults: int
    seconds: float
    seed: int


def run(plan: Plan, var: Path) -> dict[str, Any]:
    """Carry out a plan in a folder of its own; return the report."""
    shutil.rmtree(var, ignore_errors=True)
    stack = Stack(InfraSettings(var=var, kafka_bootstrap=None, database_url=None, kafka_port=None, postgres_port=None))
    with disk(var / "lake") as lake_disk:
        try:
            stack.start([guard(), *storage_services(stack)])
            return _attacked(plan, stack, lake_disk)
        finally:
            stack.stop()


def _attacked(plan: Plan, stack: Stack, lake_disk: Disk) -> dict[str, Any]:
    project = read_project(LINE)
    bootstrap, var = stack.addresses.kafka_bootstrap, stack.settings.var
    storage = StorageSettings(
        database_url=SecretStr(stack.addresses.database_url.get_secret_value()), lake=str(lake_disk.folder)
    )
    prepare(project, storage=storage, bootstrap=bootstrap)
    fleet = Fleet(environment=_environment(stack, lake_disk), log=var / "workers.log")
    producer = _producer(bootstrap)
    faults = Faults(
        fleet=fleet,
        stack=stack,
        disk=lake_disk,
        producer=producer,
        topic=project.topics.samples,
        partitions=project.config.partitions,
        random=random.Random(plan.seed),  # noqa: S311 - to be repeated, not secret
    )
    began = time.monotonic()
    try:
        _start(fleet)
        feeder = threading.Thread(target=_feed, args=(plan, producer, project))
        feeder.start()
        _break(plan, faults)
        feeder.join()
        producer.flush()
        engine = open_engine(storage)
        with _lake(storage) as lake:
            audit = _audited(project, bootstrap, engine, lake)
            found = verdicts(project, bootstrap=bootstrap, engine=engine, lake=lake)
        engine.dispose()
    finally:
        fleet.stop()
    return {
        "seed": plan.seed,
        "seconds": round(time.monotonic() - began, 1),
        "injected": dict(sorted(faults.injected.items())),
        "faults": sum(faults.injected.values()),
        "full_disk": lake_disk.kind,
        "produced": plan.records + faults.poisoned,
        **_totals(found),
        "published_again": repeated(project, bootstrap),
        "worker_restarts": fleet.restarts,
        "audit": audit,
    }


def _totals(found: Mapping[str, Verdict]) -> dict[str, Any]:
    """Return what became of all kinds of outcomes together, and of each."""
    return {
        "lost": sum(one.lost for one in found.values()),
        "doubled": sum(one.doubled for one in found.values()),
        "unexpected": sum(one.unexpected for one in found.values()),
        "outcomes": {name: asdict(one) for name, one in found.items()},
    }


def _producer(bootstrap: str) -> Producer:
    """Return a producer that waits for the broker as long as it takes."""
    return Producer(
        {
            "bootstrap.servers": bootstrap,
            "acks": "all",
            "enable.idempotence": True,
            "message.timeout.ms": 0,
            "log_level": 2,  # that the broker is away is no news here
        }
    )


def _environment(stack: Stack, lake_disk: Disk) -> dict[str, str]:
    return {
        "ASSAY_KAFKA_BOOTSTRAP": stack.addresses.kafka_bootstrap,
        "ASSAY_DATABASE_URL": stack.addresses.database_url.get_secret_value(),
        "ASSAY_LAKE": str(lake_disk.folder),
        "ASSAY_PROJECT": str(LINE),
        "ASSAY_DELIVERY_SECONDS": "30",
    }


def _start(fleet: Fleet) -> None:
    for number in range(SCREENERS):
        fleet.add("screen", f"screen-{number}")
    for number in range(KEEPERS):
        fleet.add("keep", f"keep-{number}")
    fleet.watch()


def _feed(plan: Plan, producer: Producer, project: Project) -> None:
    """Publish the records at a steady rate, until shortly before the last faults are over."""
    began = time.monotonic()
    for number, value in enumerate(readings(plan.seed, plan.records)):
        ahead = plan.seconds * number / plan.records - (time.monotonic() - began)
        if ahead > 0:
            time.sleep(ahead)
        while True:
            try:
                producer.produce(project.topics.samples, value, partition=number % project.config.partitions)
                break
            except BufferError:  # the broker is away: what waits is sent when it is back
                producer.poll(0.1)
        producer.poll(0)
    producer.flush()


def _break(plan: Plan, faults: Faults) -> None:
    kinds = faults.schedule(plan.faults)
    for number, (pause, kind) in enumerate(zip(pauses(faults.random, plan.faults, plan.seconds), kinds, strict=True)):
        time.sleep(pause)
        print(f"fault {number + 1} of {plan.faults}: {kind}", flush=True)
        faults.inject(kind)


def _lake(storage: StorageSettings) -> Lake:
    """Return the lake as soon as the database answers, which the last fault may have killed."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return Lake.open(storage)
        except UnavailableError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


def _audited(project: Project, bootstrap: str, engine: Engine, lake: Lake) -> str | list[Any]:
    """Return "ok" as soon as the audit says so, or the faults that it still finds when patience ends."""
    deadline = time.monotonic() + PATIENCE
    found: str | list[Any] = "never made"
    while found != "ok" and time.monotonic() < deadline:
        time.sleep(1)
        try:
            report = run_audit(project, bootstrap=bootstrap, engine=engine, lake=lake)
        except AssayError as error:  # a server is still coming back
            found = str(error)
        else:
            found = "ok" if report.ok else [fault.model_dump() for fault in report.faults]
    return found


def main() -> int:
    """Run, report, and say by the exit status whether all is well."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=200_000, help="how many records are published")
    parser.add_argument("--faults", type=int, default=32, help="how many faults are injected")
    parser.add_argument(
        "--seconds", type=float, default=150.0, help="over how long they are spread, their own time aside"
    )
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of faults and records; printed")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to end"))  # so that nothing is left running or mounted
    plan = Plan(**vars(arguments))
    print(f"seed {plan.seed}: {plan.records:,} records, {plan.faults} faults", flush=True)
    var = CHECKOUT / "var" / "chaos"
    report = run(plan, var)
    (var / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    sound = report["audit"] == "ok" and not (report["lost"] or report["doubled"] or report["unexpected"])
    print("nothing lost, nothing twice" if sound else "NOT SOUND: see var/chaos", flush=True)
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
