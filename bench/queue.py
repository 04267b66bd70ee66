"""How fast labelers claim while a million tasks wait, and whether anybody is ever given what another one has.

Clients are processes, each with threads that call `storage.queue.claim` as the REST API does; every claim is by a
labeler who holds nothing. Claims arrive at random moments at a stated rate whether or not the ones before were served,
and a claim's time counts from the moment at which it was due (an open loop); in a closed loop clients claim as fast as
they can. In the last phase the server terminates connections at random, and claims that were lost are repeated. What
was given to whom is counted in the tables at the end. Writes `var/bench/queue.json`.
"""

import argparse
import json
import multiprocessing
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from pydantic import SecretStr
from sqlalchemy import Engine, String, cast, func, insert, literal, select, text, true

from bench.queue_clients import NAME, PROJECT, WARM_UP_SECONDS, Load, Served, meet_at, work
from infra.testing import running_stack
from storage.database import open_engine
from storage.guidelines import ensure
from storage.queue import enqueue
from storage.settings import StorageSettings
from storage.tables import AssignmentRow, LabelerRow, TaskRow
from storage.testing import fresh_database, task_request

CHECKOUT = Path(__file__).resolve().parents[1]
# So many tasks come in through `enqueue`; the others are copies of them, further down the topic.
ENQUEUED = 10_000
# Labelers are hired for so many claims a second where no rate is given.
AT_MOST_PER_S = 4_000
# How often a connection is terminated while the last phase runs, in seconds.
BETWEEN_KILLS = 0.05

IN_ROUND = "FROM assignments JOIN tasks USING (task_id) WHERE assignments.guideline >= tasks.guideline"
# Each counts one way in which a place may be given twice.
DOUBLE = {
    "more_leases_than_wanted": f"SELECT 1 {IN_ROUND} GROUP BY task_id, wanted HAVING count(*) > wanted",
    "a_labeler_twice_on_a_task": f"SELECT 1 {IN_ROUND} GROUP BY task_id, labeler_id HAVING count(*) > 1",
    "two_leases_of_a_labeler": f"SELECT 1 {IN_ROUND} AND done_at IS NULL GROUP BY labeler_id HAVING count(*) > 1",
}


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A filled queue, and the clients that claim from it; `told` grows by what they are told."""

    url: str
    engine: Engine
    processes: int
    threads: int
    seconds: float
    told: set[tuple[UUID, int]]

    def phase(self, *, rate: float | None = None, answers: bool = False, kills: bool = False) -> dict[str, float]:
        """Have the clients claim; return claims per second and percentiles in milliseconds."""
        seconds = self.seconds + WARM_UP_SECONDS
        each = int(1.2 * (rate or AT_MOST_PER_S) * seconds / self.processes)
        hired = hire(self.engine, each * self.processes)
        loads = [
            Load(
                url=self.url,
                labelers=hired[number * each : (number + 1) * each],
                threads=self.threads,
                seconds=seconds,
                rate=rate / self.processes if rate else None,
                answers=answers,
                seed=number,
            )
            for number in range(self.processes)
        ]
        with ExitStack() as stack:
            killed = stack.enter_context(killing(self.engine)) if kills else []
            spawn = multiprocessing.get_context("spawn")
            meeting = (spawn.Barrier(self.processes),)
            processes = stack.enter_context(
                ProcessPoolExecutor(self.processes, spawn, initializer=meet_at, initargs=meeting)
            )
            served = Served.together(processes.map(work, loads))
        self.told.update(served.told)
        return {**self._figures(served), **({"killed": len(killed)} if kills else {})}

    def _figures(self, served: Served) -> dict[str, float]:
        waits = np.array(served.seconds) * 1_000
        return {
            "claims_per_s": round(len(waits) / self.seconds, 1),
            "p50_ms": round(float(np.percentile(waits, 50)), 2),
            "p99_ms": round(float(np.percentile(waits, 99)), 2),
            "max_ms": round(float(waits.max()), 2),
            "repeated": served.repeated,
        }

    def counted(self) -> dict[str, int]:
        """Count in the tables what must not be, and what clients were told of that is not there."""
        with self.engine.connect() as connection:
            double = {name: len(connection.execute(text(query)).all()) for name, query in DOUBLE.items()}
            stand = connection.execute(select(AssignmentRow.assignment_id, AssignmentRow.labeler_id)).all()
            return {**double, "told_but_not_kept": len(self.told - {(one, who) for one, who in stand})}


def fill(engine: Engine, waiting: int) -> None:
    """Have so many tasks wait, with signals from 0 to 1."""
    ensure(engine, NAME, "A cat has whiskers.", PROJECT.labels.classes)
    draws = np.random.default_rng(7).random(min(ENQUEUED, waiting))
    enqueue(engine, PROJECT, [task_request(NAME, n, uncertain=float(score)) for n, score in enumerate(draws)])
    same = [column for column in TaskRow.__table__.columns if column.name not in ("task_id", "offset")]
    block = func.generate_series(1, -(-waiting // ENQUEUED) - 1).table_valued("number").render_derived()
    copies = select(*same, TaskRow.offset + block.c.number * ENQUEUED).select_from(TaskRow).join(block, true())
    copy = insert(TaskRow).from_select([*(column.name for column in same), "offset"], copies)
    with engine.begin() as connection:
        connection.execute(copy)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
        connection.execute(text("CHECKPOINT"))


def hire(engine: Engine, count: int) -> range:
    """Register so many labelers; return their ids."""
    names = func.generate_series(1, count).table_valued("number").render_derived()
    name = cast(func.gen_random_uuid(), String)
    new = insert(LabelerRow).from_select(
        ["project", "name", "simulated"],
        select(literal(NAME), name, true()).select_from(names),
    )
    with engine.begin() as connection:
        ids = connection.scalars(new.returning(LabelerRow.labeler_id)).all()
    return range(min(ids), max(ids) + 1)


@contextmanager
def killing(engine: Engine) -> Iterator[list[int]]:
    """Terminate connections of the clients at random, one every so often; yield the list that their numbers fill."""
    over, killed = threading.Event(), list[int]()
    others = "datname = current_database() AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1"
    find = text(f"SELECT pid FROM pg_stat_activity WHERE {others}")  # noqa: S608 - a constant
    kill = text("SELECT pg_terminate_backend(:pid)")

    def run() -> None:
        with engine.connect() as connection:
            while not over.wait(BETWEEN_KILLS):
                pid = connection.scalar(find)
                if pid is not None and connection.scalar(kill, {"pid": pid}):
                    killed.append(pid)
                connection.rollback()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def measure(url: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """Fill the queue, claim from it in every way, and return the report."""
    engine = open_engine(StorageSettings(database_url=SecretStr(url)))
    try:
        fill(engine, arguments.waiting)
        how = {"processes": arguments.processes, "threads": arguments.threads, "seconds": arguments.seconds}
        bench = Bench(url=url, engine=engine, told=set(), **how)
        report = {"waiting": arguments.waiting, "rate": arguments.rate, **how}
        report |= _said("claims at the rate", bench.phase(rate=arguments.rate))
        report["answered"] = _said(
            "claims and answers at half the rate", bench.phase(rate=arguments.rate / 2, answers=True)
        )
        report["closed"] = _said("claims, closed loop", bench.phase())
        report["closed_answered"] = _said("claims and answers, closed loop", bench.phase(answers=True))
        report["kills"] = _said("claims while connections are killed", bench.phase(kills=True))
        counted = _said("counted in the tables", bench.counted())
        return {**report, "double_claims": sum(counted.values()), "counted": counted}
    finally:
        engine.dispose()


def _said(what: str, figures: dict[str, Any]) -> dict[str, Any]:
    print(f"{what}: {figures}", flush=True)
    return figures


def main() -> None:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--waiting", type=int, default=1_000_000, help="tasks that wait")
    parser.add_argument("--rate", type=float, default=1_100, help="claims per second of the open loop")
    parser.add_argument("--seconds", type=float, default=15, help="measured seconds of each phase")
    parser.add_argument("--processes", type=int, default=2, help="processes of clients")
    parser.add_argument("--threads", type=int, default=6, help="clients of a process, each with its connection")
    arguments = parser.parse_args()
    folder = CHECKOUT / "var" / "bench"
    shutil.rmtree(folder / "queue", ignore_errors=True)
    with running_stack(folder / "queue") as stack, fresh_database(stack.database_url) as url:
        report = measure(url, arguments)
    (folder / "queue.json").write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder / "queue")
    if report["double_claims"]:
        raise SystemExit("something was given twice")


if __name__ == "__main__":
    main()
