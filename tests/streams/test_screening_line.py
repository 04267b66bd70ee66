"""Samples flow through real Kafka into the lake, the queue and the ledger, and nothing is lost."""

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from confluent_kafka import Producer
from faust.types import TP
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import insert, select

from examples.simulation.faults import Production
from infra.ports import free_port
from quality.routing.state import Plan, RoutingState
from quality.screening import screen
from quality.state import State
from schemas.errors import ConflictError
from schemas.routing import Hits, Quota, Steering
from schemas.verdicts import AcceptedSample, DeadLetter, Disposition, Reason, Receipt
from storage import checkpoints, feedback, queue, receipts
from storage.feedback import FeedbackStatus
from storage.projects import read_project
from storage.tables import SteeringRow, TaskRow
from streams.metrics import WorkerMetrics
from streams.producer import SampleProducer
from streams.publisher import Publisher
from streams.screen import Screen
from streams.topics import lag


def values(scraped: str, name: str, label: str) -> dict[str, float]:
    """Return what a worker says of a metric, by a label."""
    families = text_string_to_metric_families(scraped)
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {sample.labels[label]: sample.value for sample in samples}


def test_every_record_ends_in_exactly_one_place(line: Any, records: list[Production]) -> None:
    """Good ones in the lake, bad ones among the dead letters, selected ones in the queue."""
    line.publish(records)
    line.start("screen", ASSAY_METRICS_PORT=str(port := free_port()))
    line.start("keep")
    report = line.audited()
    assert report.faults == ()
    scraped = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    assert values(scraped, "assay_worker_dispositions_total", "disposition") == {
        disposition: count for disposition, count in report.counts.items() if count
    }
    assert sum(values(scraped, "assay_worker_lag_records", "partition").values()) == 0
    assert (report.produced, report.counts[Disposition.ACCEPTED]) == (len(records), 600)
    assert queue.depths(line.engine, line.project.config.name).open == report.selected > 0


def test_feedback_sends_samples_to_the_labelers(line: Any, records: list[Production]) -> None:
    """Also where it comes before its sample, and where nothing selected that; the audit holds all the same."""
    name, sound = line.project.config.name, [record for record in records if record.fault is None]
    early, late = (json.loads(record.value)["sample_id"] for record in sound[:2])
    heard = {"kind": "failed", "source": "till", "occurred_at": "2026-01-05T09:00:00Z"}
    with SampleProducer(name, bootstrap=line.bootstrap) as producer:
        producer.send_feedback({"feedback_id": "f1", "sample_id": early, **heard})
        producer.flush()
        line.start("keep")
        line.wait(lambda: feedback.counts(line.engine, name)[FeedbackStatus.WAITING] == 1)
        line.publish(records)
        line.start("screen")
        producer.send_feedback({"feedback_id": "f2", "sample_id": late, **heard})
    line.wait(lambda: feedback.counts(line.engine, name)[FeedbackStatus.ASKED] == 2)
    assert line.audited().ok
    with line.engine.connect() as connection:
        tasks = connection.execute(select(TaskRow.sample_id, TaskRow.selection).where(TaskRow.project == name)).all()
    assert {early, late} <= {task.sample_id for task in tasks}
    assert [Reason.FEEDBACK] in [task.selection["reasons"] for task in tasks]


def test_dead_letters_keep_the_record_byte_for_byte(line: Any) -> None:
    """Key and headers too, and headers without a value."""
    topic = line.project.topics.samples
    producer = Producer({"bootstrap.servers": line.bootstrap})
    producer.produce(topic, key=b"\x00key", value=b"\xff\x00not json", headers=[("trace", b"\x01"), ("empty", None)])
    producer.flush(10)
    line.start("screen")
    line.wait(lambda: line.read(line.project.topics.rejected))
    letter = DeadLetter.model_validate_json(line.read(line.project.topics.rejected)[0].value)
    assert (letter.key, letter.value) == ("AGtleQ==", "/wBub3QganNvbg==")
    assert letter.headers == (("trace", "AQ=="), ("empty", None))
    assert [violation.rule for violation in letter.violations] == ["contract.json_invalid"]


def test_outputs_stand_in_the_partition_and_order_of_their_input(line: Any, records: list[Production]) -> None:
    """So that whoever reads them can go by the input's offsets."""
    line.publish(records)
    line.start("screen")
    line.wait(lambda: len(line.read(line.project.topics.accepted)) == 600)
    for record in line.read(line.project.topics.accepted):
        assert AcceptedSample.model_validate_json(record.value).origin.partition == record.partition
    origins = [
        AcceptedSample.model_validate_json(record.value).origin for record in line.read(line.project.topics.accepted)
    ]
    assert origins == sorted(origins, key=lambda origin: (origin.partition, origin.offset))


@pytest.mark.faults
def test_a_worker_that_is_killed_again_and_again_loses_and_doubles_nothing(
    line: Any, records: list[Production]
) -> None:
    """SIGKILL in mid-run leaves outputs without a checkpoint; the next worker's are the same."""
    line.publish(records)
    keeper = line.start("keep", ASSAY_WORKER_ID="keep")
    for _ in range(3):
        worker = line.start("screen", ASSAY_WORKER_ID="screen", ASSAY_FRAME_RECORDS="20")
        line.wait(lambda: bool(receipts.receipts_of(line.engine, line.project.topics.samples)))
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        line.publish(records[:50])
    keeper.send_signal(signal.SIGKILL)
    keeper.wait()
    line.start("keep", ASSAY_WORKER_ID="keep")
    line.start("screen", ASSAY_WORKER_ID="screen")
    report = line.audited()
    assert report.faults == ()
    assert report.produced == len(records) + 150


def test_the_partitions_of_a_dead_worker_go_to_the_others(line: Any, records: list[Production]) -> None:
    """After its session has run out, from the checkpoints that it left."""
    line.start("keep")
    first, _ = line.start("screen"), line.start("screen")
    line.publish(records)
    line.wait(lambda: bool(receipts.receipts_of(line.engine, line.project.topics.samples)))
    first.send_signal(signal.SIGKILL)
    line.publish(records)
    report = line.audited()
    assert (report.faults, report.produced) == ((), 2 * len(records))


def test_a_worker_whose_name_another_took_ends_by_itself(line: Any, records: list[Production]) -> None:
    """Kafka lets it read nothing more; its supervisor would start it again."""
    first = line.start("screen", ASSAY_WORKER_ID="twin")
    line.publish(records[:50])
    line.wait(lambda: bool(line.read(line.project.topics.receipts)))
    line.start("screen", ASSAY_WORKER_ID="twin")
    assert first.wait(90) != 0  # it may take a minute to finish what is in hand


def test_sigterm_ends_a_worker_within_seconds(line: Any, records: list[Production]) -> None:
    """Faust waits for frames in hand for ever unless told otherwise; ours are screened again."""
    worker = line.start("screen")
    line.publish(records)
    line.wait(lambda: bool(line.read(line.project.topics.receipts)))
    began = time.monotonic()
    worker.send_signal(signal.SIGTERM)
    worker.wait(15)
    assert time.monotonic() - began < 10


def test_aborted_transactions_are_not_read_and_their_offsets_are_no_loss(line: Any, records: list[Production]) -> None:
    """Offsets of markers and aborted records stay without a disposition: Kafka says that no sample is there."""
    producer = Producer({"bootstrap.servers": line.bootstrap, "transactional.id": line.project.config.name})
    producer.init_transactions(10)
    for number, part in enumerate((records[:100], records[100:200], records[200:300])):
        producer.begin_transaction()
        for record in part:
            producer.produce(line.project.topics.samples, key=record.key, value=record.value)
        if number == 1:
            producer.abort_transaction(10)
        else:
            producer.commit_transaction(10)
    line.start("keep")
    line.start("screen")
    line.wait(lambda: sum(run.count for run in _runs(line)) == 200)
    report = line.audited()
    assert (report.faults, report.produced) == ((), 200)


def test_a_frame_that_would_pass_records_over_is_refused(line: Any, records: list[Production]) -> None:
    """Offsets may be missing before a frame only where the broker holds no record of them."""
    line.publish(records)
    frame = line.frames()[0]
    with screen_of(line) as alone, pytest.raises(ConflictError, match=r"Offsets 0 to 9 of .* were passed over"):
        asyncio.run(alone.begin(frame.since(10)))
    assert (line.read(line.project.topics.receipts), checkpoints.load(line.engine, frame.topic, [0])) == ([], {})


def test_a_topic_that_was_made_anew_is_not_taken_for_the_old_one(line: Any, records: list[Production]) -> None:
    """It has other records at the offsets that were screened; what was made of the old ones says nothing of them."""
    line.publish(records)
    frame = line.frames()[0]
    line.start("screen")
    line.wait(lambda: bool(checkpoints.load(line.engine, frame.topic, [0])))
    line.stop()
    state = checkpoints.load(line.engine, frame.topic, [0])[0]
    changed = checkpoints.Move(before=state, after=replace(state, last=b"another."))
    checkpoints.save(line.engine, frame.topic, {0: changed})
    with screen_of(line) as alone, pytest.raises(ConflictError, match=r"is not the one that was screened"):
        asyncio.run(alone.resume([TP(frame.topic, 0)]))


@contextmanager
def screen_of(line: Any) -> Iterator[Screen]:
    """Yield the line's SCREEN, without a worker around it."""
    with closing(Publisher(line.bootstrap, delivery_seconds=10)) as publisher:
        yield Screen(
            screening=line.project.screening,
            topics=line.project.topics,
            bootstrap=line.bootstrap,
            engine=line.engine,
            publisher=publisher,
            metrics=WorkerMetrics("digits", "screen"),
        )


def test_the_stream_decides_as_the_pure_function_does(line: Any, records: list[Production]) -> None:
    """However the fetches cut the frames, receipts and checkpoint are those of one frame with everything."""
    line.publish(records)
    line.start("screen", ASSAY_FRAME_RECORDS="7")
    frames = line.frames()
    ends = {partition: frame.next for partition, frame in frames.items()}
    line.wait(lambda: {partition: state.next_offset for partition, state in _stored(line).items()} == ends)
    stored = _stored(line)
    for partition, frame in frames.items():
        outcome = screen(frame, State(), line.project.screening)
        assert stored[partition].to_bytes() == outcome.state.to_bytes()
        selected = [
            offset for receipt in _receipts(line) if receipt.partition == partition for offset in receipt.selected
        ]
        assert tuple(selected) == outcome.receipt.selected


def test_the_hint_in_kafka_follows_the_checkpoint(line: Any, records: list[Production]) -> None:
    """Lag is told from Kafka's committed offsets; within seconds they are where the checkpoints are."""
    line.publish(records)
    line.start("screen")
    group = f"{line.project.config.name}-screen"
    line.wait(lambda: set(lag(line.bootstrap, group, line.project.topics.samples).values()) == {0})
    assert Counter(lag(line.bootstrap, group, line.project.topics.samples).values()) == {0: 4}


def test_a_sample_sent_in_ten_lines_of_a_users_program_arrives(line: Any) -> None:
    """As the docstring of streams/producer.py shows it."""
    sample = {
        "contract": 1,
        "sample_id": "mine-1",
        "source": "scanner-1",
        "occurred_at": "2026-01-05T08:00:00Z",
        "payload": {"pixels": [0, 16] * 32},
        "prediction": {"model": "m", "scores": {"0": 0.7, "1": 0.3}},
        "attributes": {"origin": "a"},
    }
    with SampleProducer(line.project.config.name, bootstrap=line.bootstrap) as producer:
        producer.send(sample)
    line.start("screen")
    line.wait(lambda: bool(line.read(line.project.topics.accepted)))
    accepted = AcceptedSample.model_validate_json(line.read(line.project.topics.accepted)[0].value)
    assert (accepted.sample["sample_id"], accepted.warnings) == ("mine-1", ())


def _stored(line: Any) -> dict[int, State]:
    return checkpoints.load(line.engine, line.project.topics.samples, range(4))


def _receipts(line: Any) -> list[Receipt]:
    return [Receipt.model_validate(json.loads(record.value)) for record in line.read(line.project.topics.receipts)]


def _runs(line: Any) -> list[Any]:
    return [run for receipt in _receipts(line) for run in receipt.runs]


def test_what_labels_say_decides_from_the_next_block_on(line: Any, records: list[Production]) -> None:
    """It is in the checkpoint before the first record that it decides, and the receipts tell; as the pure function."""
    file = line.project.folder / "project.toml"
    file.write_text(file.read_text().replace("block = 250", "block = 30"))
    screening = read_project(line.project.folder).screening
    hits = {"uncertain": Hits(labels=90, hits=80), "audit": Hits(labels=90, hits=1)}
    gone = Quota(column="payload_of_old", value="x", want=9)  # of a contract that samples no longer have
    wanted = Quota(column="prediction.top", value="8", want=8)
    told = Steering(version=7, hits=hits, quotas=(wanted, gone), asked_by=3)
    with line.engine.begin() as connection:
        row = {"project": line.project.config.name, "version": 7, "body": told.model_dump(mode="json")}
        connection.execute(insert(SteeringRow).values(row))
    line.publish(records)
    frames = line.frames()
    ends = {partition: frame.next for partition, frame in frames.items()}
    line.start("screen", ASSAY_FRAME_RECORDS="40")
    line.wait(lambda: {partition: state.next_offset for partition, state in _stored(line).items()} == ends)
    stored = _stored(line)
    taken_up = {receipt.partition: receipt.steered for receipt in _receipts(line) if receipt.steered}
    assert {state.routing.told for state in stored.values()} == {7}
    assert taken_up
    for partition, steered in taken_up.items():
        start = State(routing=RoutingState(planned=Plan(block=steered.block, steering=told.of_partition(4))))
        expected = screen(frames[partition], start, screening)
        assert stored[partition].to_bytes() == expected.state.to_bytes()
