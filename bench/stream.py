"""How fast screening is, beside an idiomatic Faust agent, Quix Streams and a bare aiokafka loop.

All read the same topic of made-up readings (`bench/line`), check the same contract and the same fifteen expectations,
and send every record on to accepted or rejected; only Assay also looks for duplicates, routes, writes receipts and
checkpoints, and waits for all replicas. One worker process each, alternating, medians of the rounds. `spread` is Assay
without one processor for its Python threads. Writes `var/bench/stream.json`.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import psutil
from confluent_kafka import Consumer, Producer, TopicPartition
from kafka import KafkaConsumer
from kafka import TopicPartition as Place

from bench.engines import CHECKOUT, ENGINES, Bench, prepared
from bench.line.readings import BAD_EVERY, readings
from infra.testing import running_stack

PARTITIONS = 4
# A worker must have sent its first record within this, in seconds, and is measured for at most this long after it.
START_SECONDS, MEASURED_SECONDS = 60.0, 12.0
# The first seconds of a run are not measured: caches fill, connections open. Of several workers more is not, for they
# must have dealt out the partitions, which they have after so many records. Of a short topic a quarter at most is lost.
WARM_UP_SECONDS, DEALING_RECORDS = 2.0, 200_000
# How often it is asked how far an engine is: each answer costs the machine a millisecond or two.
ASKED_SECONDS = 0.1
RATES = (1_000, 10_000)
LATENCY_ENGINES = ("assay", "quix")
LATENCY_SECONDS = 10.0
# Before that, the broker and the worker are at the same work unmeasured: code is compiled, caches fill.
SETTLING_SECONDS = 5.0
# How often the feeder wakes, in seconds: asleep in between, for the engines need the processor.
TICK = 0.002


class Ends:
    """The ends of topics, as the broker tells them."""

    def __init__(self, bootstrap: str, topics: Sequence[str]) -> None:
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap)
        self._places = [Place(topic, number) for topic in topics for number in range(PARTITIONS)]

    def total(self) -> int:
        """Return how many records the topics have held in all."""
        return sum(self._consumer.end_offsets(self._places).values())


def publish(bench: Bench, records: int, seed: int) -> None:
    """Fill the topic that all engines read."""
    producer = Producer({"bootstrap.servers": bench.stack.kafka_bootstrap, "linger.ms": 20, "batch.size": 1_000_000})
    for number, value in enumerate(readings(seed, records)):
        while True:
            with suppress(BufferError):
                producer.produce(bench.topics.samples, value, partition=number % PARTITIONS)
                break
            producer.poll(0.1)
    producer.flush()


def throughput(bench: Bench, engine: str, records: int, workers: int = 1) -> dict[str, float]:
    """Return records per second of an engine that reads the whole topic, and what its memory grew to, in MiB."""
    ends = Ends(bench.stack.kafka_bootstrap, bench.outputs)
    before = ends.total()
    unmeasured = 0 if workers == 1 else min(DEALING_RECORDS, records // 4)
    with bench.workers(engine, workers) as running:
        _until(lambda: ends.total() > before + unmeasured, START_SECONDS, running)
        warm = time.perf_counter() + WARM_UP_SECONDS
        _until(lambda: time.perf_counter() > warm or ends.total() > before + records // 4, START_SECONDS, running)
        began, first = time.perf_counter(), ends.total()
        memory = [_memory(running)]
        while (done := ends.total()) < before + records and time.perf_counter() - began < MEASURED_SECONDS:
            time.sleep(ASKED_SECONDS)
            memory.append(_memory(running))
        seconds = time.perf_counter() - began
    return {"records_per_s": (done - first) / seconds, "rss_mib": memory[-1], "rss_early_mib": memory[len(memory) // 4]}


def latency(bench: Bench, engine: str, rate: int) -> dict[str, float]:
    """Return percentiles of the time from a record's send to its arrival among the accepted ones, in milliseconds."""
    with bench.workers(engine) as running, _accepted(bench) as consumer:
        _warm_up(bench, consumer, running)
        sent, seen = _paced(bench, consumer, rate)
    begin = min(sent.values()) + SETTLING_SECONDS
    waits = np.array([seen[name] - at for name, at in sent.items() if name in seen and at >= begin]) * 1000
    return {
        "p50": round(float(np.percentile(waits, 50)), 2),
        "p99": round(float(np.percentile(waits, 99)), 2),
        "samples": len(waits),
        "missing": len(sent.keys() - seen.keys()),
    }


def latencies(bench: Bench, rounds: int) -> dict[str, dict[str, list[dict[str, float]]]]:
    """Return, for each engine and rate, what `latency` found in each round; the engines alternate."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {
        engine: {str(rate): [] for rate in RATES} for engine in LATENCY_ENGINES
    }
    for number in range(rounds):
        for engine in LATENCY_ENGINES if number % 2 == 0 else reversed(LATENCY_ENGINES):
            for rate in RATES:
                found[engine][str(rate)].append(latency(bench, engine, rate))
                print(f"round {number + 1}, {engine} at {rate}/s: {found[engine][str(rate)][-1]} ms", flush=True)
    return found


def _medians(by_rate: Mapping[str, Sequence[Mapping[str, float]]]) -> dict[str, dict[str, float]]:
    return {
        rate: {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
        for rate, rounds in by_rate.items()
    }


def _warm_up(bench: Bench, consumer: Consumer, running: Sequence[Any]) -> None:
    """Return once the worker answers."""
    producer = Producer({"bootstrap.servers": bench.stack.kafka_bootstrap, "linger.ms": 0})
    sound = next(readings(0, 1))

    def answered() -> bool:
        producer.produce(bench.topics.samples, sound, partition=0)
        producer.flush()
        return consumer.poll(0.2) is not None

    _until(answered, START_SECONDS, running)
    while consumer.poll(0.5) is not None:
        pass


def _paced(bench: Bench, consumer: Consumer, rate: int) -> tuple[dict[str, float], dict[str, float]]:
    """Send good records at a rate, a tick's worth at a time; return when each was sent, and when it was seen."""
    sent: dict[str, float] = {}
    seen: dict[str, float] = {}
    feeder = threading.Thread(target=_feed, args=(bench, rate, sent))
    feeder.start()
    while feeder.is_alive() or len(seen) < len(sent):
        message = consumer.poll(1.0)
        if message is not None:
            seen[_name(message.value() or b"")] = time.perf_counter()
        elif not feeder.is_alive():
            break
    feeder.join()
    return sent, seen


def _feed(bench: Bench, rate: int, sent: dict[str, float]) -> None:
    producer = Producer({"bootstrap.servers": bench.stack.kafka_bootstrap, "linger.ms": 0})
    values = [value for number, value in enumerate(readings(rate, rate)) if (number + 1) % BAD_EVERY]
    began = time.perf_counter()
    while (due := int((time.perf_counter() - began) * rate)) < rate * (SETTLING_SECONDS + LATENCY_SECONDS):
        for number in range(len(sent), due):
            name = f"paced-{rate}-{number}"
            value = _renamed(values[number % len(values)], name)
            sent[name] = time.perf_counter()
            producer.produce(bench.topics.samples, value, partition=number % PARTITIONS)
        producer.poll(0)
        time.sleep(TICK)
    producer.flush()


def _renamed(value: bytes, name: str) -> bytes:
    return re.sub(rb'"sample_id":"[^"]*"', b'"sample_id":"%b"' % name.encode(), value, count=1)


def _name(value: bytes) -> str:
    found = re.search(rb'"sample_id":"([^"]*)"', value)
    return found[1].decode() if found else ""


@contextmanager
def _accepted(bench: Bench) -> Iterator[Consumer]:
    """Yield a consumer of what is accepted from now on."""
    consumer = Consumer(
        {"bootstrap.servers": bench.stack.kafka_bootstrap, "group.id": "bench", "fetch.wait.max.ms": 10}
    )
    places = [TopicPartition(bench.topics.accepted, number) for number in range(PARTITIONS)]
    ends = [consumer.get_watermark_offsets(place, timeout=10)[1] for place in places]
    consumer.assign([TopicPartition(at.topic, at.partition, end) for at, end in zip(places, ends, strict=True)])
    yield consumer
    consumer.close()


def _until(done: Callable[[], bool], seconds: float, running: Sequence[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if any(worker.poll() is not None for worker in running):
            raise SystemExit("a worker ended by itself: see the end of its log in var/bench/stack/workers.log")
        if time.monotonic() > deadline:
            raise SystemExit(f"a worker did nothing for {seconds:g} s: see var/bench/stack/workers.log")
        time.sleep(0.02)


def _memory(running: Sequence[subprocess.Popen[bytes]]) -> float:
    return sum(psutil.Process(worker.pid).memory_info().rss for worker in running) / 2**20


def state_memory(partitions: int) -> float:
    """Return what the states of so many partitions take in a process, in MiB."""
    command = (sys.executable, "-m", "bench.state", str(partitions))
    return float(subprocess.run(command, check=True, capture_output=True, text=True, cwd=CHECKOUT).stdout)


def stages(bench: Bench, records: int) -> dict[str, float]:
    """Return the share of a worker's time that each stage takes."""
    report = bench.stack.var / "stages.json"
    ends = Ends(bench.stack.kafka_bootstrap, bench.outputs)
    before = ends.total()
    with bench.workers("stages", BENCH_STAGES=str(report)) as running:
        _until(lambda: ends.total() >= before + records, START_SECONDS + records / 5_000, running)
    found: dict[str, float] = json.loads(report.read_text())
    return found


def measured(bench: Bench, arguments: argparse.Namespace) -> dict[str, Any]:
    """Return everything that is written."""
    waits = latencies(bench, arguments.rounds)
    publish(bench, arguments.records, arguments.seed)
    runs: dict[str, list[dict[str, float]]] = {engine: [] for engine in ENGINES}
    for number in range(arguments.rounds):
        for engine in ENGINES if number % 2 == 0 else reversed(ENGINES):
            runs[engine].append(throughput(bench, engine, arguments.records))
            print(f"round {number + 1}, {engine}: {runs[engine][-1]['records_per_s']:,.0f} records/s", flush=True)
    rates = {engine: statistics.median(run["records_per_s"] for run in of) for engine, of in runs.items()}
    pair = throughput(bench, "assay", arguments.records, workers=2)
    return {
        "records": arguments.records,
        "rounds": arguments.rounds,
        "records_per_s": {engine: round(rate) for engine, rate in rates.items()},
        "all_rounds": {engine: [round(run["records_per_s"]) for run in of] for engine, of in runs.items()},
        "ratio_to_faust": round(rates["assay"] / rates["faust"], 2),
        "ratio_to_quix": round(rates["assay"] / rates["quix"], 2),
        "ratio_to_bare": round(rates["assay"] / rates["bare"], 2),
        "ratio_to_spread": round(rates["assay"] / rates["spread"], 2),
        "two_workers_to_one": round(pair["records_per_s"] / rates["assay"], 2),
        "latency_ms": _medians(waits["assay"]),
        "latency_ms_quix": _medians(waits["quix"]),
        "latency_ms_all_rounds": waits,
        "rss_mib": {
            "worker_early": round(statistics.median(run["rss_early_mib"] for run in runs["assay"])),
            "worker_late": round(statistics.median(run["rss_mib"] for run in runs["assay"])),
            **{f"state_{partitions}_partitions": round(state_memory(partitions), 1) for partitions in (10, 1_000)},
        },
        "stages": stages(bench, arguments.records),
    }


def main() -> None:
    """Measure, and write what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000, help="how many records all engines read")
    parser.add_argument("--rounds", type=int, default=3, help="how often each engine runs")
    parser.add_argument("--seed", type=int, default=1, help="of the made-up readings")
    folder = CHECKOUT / "var" / "bench"
    arguments = parser.parse_args()
    shutil.rmtree(folder / "stack", ignore_errors=True)
    with running_stack(folder / "stack") as stack:
        found = measured(prepared(stack), arguments)
    shutil.rmtree(folder / "stack")
    (folder / "stream.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
