"""Dead letters are replayed on real Kafka: once each, whatever crashes, and accounted for."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from sqlalchemy import text

from quality.forecast import Choice
from quality.ledger import ReplayCounts
from quality.replay import MOST_REPLAYS, ORIGIN, REPLAYS, Known
from schemas.errors import ConflictError
from schemas.verdicts import AcceptedSample, DeadLetter, Disposition, Origin, ReplayOf, Violation
from storage import replays
from storage.dead_letters import LOT, ReplayReport
from storage.projects import read_project
from storage.testing import archive_dead_letters
from streams.replay import Publishing, Replaying

CHECKOUT = Path(__file__).resolve().parents[2]


def sample(number: int, **changes: Any) -> dict[str, Any]:
    """Return a record that is sound but for `changes`."""
    fields: dict[str, Any] = {
        "contract": 1,
        "sample_id": f"mine-{number}",
        "source": f"scanner-{number % 2}",
        "occurred_at": "2026-01-05T08:00:00Z",
        "payload": {"pixels": [(number + place) % 17 for place in range(64)]},
        "prediction": {"model": "m", "scores": {"0": 0.7, "1": 0.3}},
        "attributes": {"origin": f"sheet-{number}"},
    }
    return {**fields, **changes}


def publish(line: Any, values: Sequence[bytes], headers: Sequence[tuple[str, bytes | None]] = ()) -> None:
    """Publish values to partition 0."""
    producer = Producer({"bootstrap.servers": line.bootstrap})
    for value in values:
        producer.produce(line.project.topics.samples, value=value, key=b"scanner-0", partition=0, headers=list(headers))
    producer.flush(10)


def unreadable(number: int) -> bytes:
    """Return a record that only a contract version 2 would let in."""
    return json.dumps(sample(number, contract=2)).encode()


def restarted(line: Any) -> None:
    """Stop the workers, and start both on the project folder as it is now."""
    line.stop()
    line.start("screen", ASSAY_WORKER_ID="screen")
    line.start("keep", ASSAY_WORKER_ID="keep")


def registered(line: Any) -> None:
    """Register contract version 2, and restart the workers."""
    file = line.project.folder / "project.toml"
    file.write_text(file.read_text().replace("models = { 1 =", 'models = { 2 = "contract.py:DigitV1", 1 ='))
    line.project = read_project(line.project.folder)
    restarted(line)


def replaying(line: Any) -> Replaying:
    """Return what replays the line's dead letters."""
    return Replaying(project=line.project, bootstrap=line.bootstrap, engine=line.engine, lake=line.lake)


def replay(line: Any, choice: Choice | None = None, most: int | None = None) -> ReplayReport:
    """Replay, and wait until every record is accounted for."""
    report = replaying(line).run(choice or Choice(), most)
    assert line.audited().faults == ()
    return report


def dead(line: Any, values: Sequence[bytes], headers: Sequence[tuple[str, bytes | None]] = ()) -> None:
    """Publish records that become dead letters, and wait until they are."""
    publish(line, values, headers)
    restarted(line)
    rejected(line, len(values))


def rejected(line: Any, count: int) -> None:
    """Wait until so many dead letters are archived."""
    line.wait(lambda: line.lake.dead_letters(line.project.config.name).num_rows == count)


def test_a_dead_letter_is_accepted_once_its_contract_is_registered(line: Any) -> None:
    """It keeps key, value and headers, and says where it first stood; the audit says what became of it."""
    dead(line, [unreadable(number) for number in range(4)], [("trace", b"\x01"), ("empty", None)])
    assert replaying(line).foretell(Choice()).forecast.rejected == 4
    registered(line)
    report = replay(line, Choice(rule="contract.unknown_version", contract=2, source="scanner-1"))
    assert (report.forecast.accepted, report.forecast.rejected, report.published) == (2, 0, 2)
    found = line.read(line.project.topics.accepted)
    events = [AcceptedSample.model_validate_json(record.value) for record in found]
    assert [(event.sample["sample_id"], event.replay_of) for event in events] == [
        ("mine-1", link(line, 1, 1)),
        ("mine-3", link(line, 3, 1)),
    ]
    stood, again = line.frames()[0].record(1), line.frames()[0].record(4)
    assert (again.key, again.value, again.headers[:2]) == (stood.key, stood.value, stood.headers)
    assert line.audit().replays == ReplayCounts(replayed=2, counts=counts(accepted=2))
    rows = line.lake.samples(line.project.config.name, ("replay_of", "replays")).to_pylist()
    assert sorted(rows, key=str) == [{"replay_of": 1, "replays": 1}, {"replay_of": 3, "replays": 1}]


def link(line: Any, first: int, replays: int) -> ReplayOf:
    """Return what a replay says of itself."""
    return ReplayOf(origin=Origin(topic=line.project.topics.samples, partition=0, offset=first), replays=replays)


def counts(**known: int) -> dict[Disposition, int]:
    """Return counts of every disposition."""
    return {disposition: known.get(disposition, 0) for disposition in Disposition}


def test_a_dead_letter_is_replayed_once_and_its_replay_up_to_the_limit(line: Any) -> None:
    """Each replay keeps the first origin and counts up; then the producer must mend it."""
    dead(line, [b"{"], [(ORIGIN, b"forged/0/0"), (REPLAYS, b"99")])
    reports = [replay(line) for _ in range(MOST_REPLAYS + 1)]
    assert [report.published for report in reports] == [1] * MOST_REPLAYS + [0]
    assert [report.replayed_before for report in reports] == list(range(MOST_REPLAYS + 1))
    (spent,) = reports[-1].spent
    letters = [DeadLetter.model_validate_json(each.value) for each in line.read(line.project.topics.rejected)]
    assert [letter.replay_of for letter in letters] == [
        None,
        *(link(line, 0, count) for count in range(1, MOST_REPLAYS + 1)),
    ]
    assert spent == letters[-1].origin
    told = dict(line.frames()[0].record(MOST_REPLAYS).headers)
    assert (told[ORIGIN], told[REPLAYS]) == (f"{line.project.topics.samples}/0/0".encode(), b"%d" % MOST_REPLAYS)
    assert line.audit().replays == ReplayCounts(replayed=MOST_REPLAYS, counts=counts(rejected=MOST_REPLAYS))


def test_headers_that_a_producer_forges_neither_count_nor_break_the_audit(line: Any) -> None:
    """What he claims is told as his claim."""
    publish(line, [json.dumps(sample(1)).encode(), b"{"])
    origin = f"{line.project.topics.samples}/0/0".encode()
    publish(line, [b"[", b"("], [(ORIGIN, origin), (REPLAYS, str(MOST_REPLAYS).encode())])
    restarted(line)
    line.wait(lambda: line.lake.dead_letters(line.project.config.name).num_rows == 3)
    report = replay(line)
    assert (report.published, report.spent) == (3, ())
    assert line.audit().replays == ReplayCounts(replayed=3, counts=counts(rejected=3), claims=2)


def everything(line: Any) -> Any:
    """Return all that a replay might change: topics, tables and the lake."""
    with line.engine.connect() as connection:
        names = connection.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'iceberg_tables'")
        ).all()
        tables = {name: connection.execute(text(f'SELECT * FROM "{name}"')).all() for name in names}  # noqa: S608 - names of our own
    topics = {topic: len(line.read(topic)) for topic in line.project.topics.all}
    lake = [
        line.lake.catalog.load_table((line.project.config.name, name)).metadata for name in ("samples", "dead_letters")
    ]
    return tables, topics, lake


def test_a_dry_run_changes_nothing(line: Any) -> None:
    """Topics, tables and lake are as they were; what it says is what a run then does."""
    dead(line, [b"{", *(unreadable(number) for number in range(3))])
    line.audited()
    line.stop()
    before = everything(line)
    told = replaying(line).foretell(Choice(), 3)
    assert everything(line) == before
    assert (told.due, told.published, sum(told.forecast.by_rule.values())) == (3, 0, 3)
    assert replaying(line).run(Choice(), 3).forecast == told.forecast


def planned(line: Any) -> tuple[Publishing, Any]:
    """Plan the replay of all dead letters, as a run does before it publishes."""
    (lot,) = line.lake.dead_letters_in_lots(line.project.config.name, 10)
    publishing = Publishing(bootstrap=line.bootstrap, topic=line.project.topics.samples, engine=line.engine)
    return publishing, publishing.plan(lot, Known.of([]))


def test_a_crash_after_publishing_doubles_nothing(line: Any) -> None:
    """The next run finds the records at the broker, and notes where they stand."""
    dead(line, [b"{", b"["])
    publishing, entries = planned(line)
    publishing.send(entries)
    rejected(line, 4)
    report = replay(line)
    assert (report.published, report.replayed_before) == (2, 2)  # the replays were rejected too, and are replayed now
    assert line.audit().replays == ReplayCounts(replayed=4, counts=counts(rejected=4))
    assert len(line.read(line.project.topics.samples)) == 6


def test_a_crash_before_publishing_loses_nothing(line: Any) -> None:
    """What the next run does not find at the broker it publishes."""
    dead(line, [b"{", b"["])
    planned(line)
    assert line.audit().replays == ReplayCounts(replayed=2, counts=counts(), under_way=2)
    assert replaying(line).foretell(Choice()).replayed_before == 2
    assert replay(line).published == 2
    assert len(line.read(line.project.topics.samples)) == 4


def test_a_run_that_wakes_up_when_another_has_taken_over_publishes_nothing(line: Any) -> None:
    """Else what the other found absent would appear after all."""
    dead(line, [b"{", b"["])
    publishing, entries = planned(line)
    assert replay(line).published == 2
    with pytest.raises(ConflictError, match="taken over"):
        publishing.send(entries)
    assert len(line.read(line.project.topics.samples)) == 4
    assert line.audited().faults == ()


def command(line: Any, *arguments: str) -> subprocess.Popen[str]:
    """Start `assay` for the line."""
    variables = {
        "ASSAY_KAFKA_BOOTSTRAP": line.bootstrap,
        "ASSAY_DATABASE_URL": line.storage.database_url.get_secret_value(),
        "ASSAY_LAKE": line.storage.lake,
        "ASSAY_PROJECT": str(line.project.folder),
    }
    return subprocess.Popen(
        (sys.executable, "-m", "assay", *arguments),
        env=os.environ | variables,
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


@pytest.mark.faults
def test_a_command_that_is_killed_goes_on_where_it_was(line: Any) -> None:
    """In whatever it was when it was killed; the audit then says what became of all."""
    values = [b"{%d" % number for number in range(12 * LOT)]
    dead(line, values)
    line.stop()
    killed = command(line, "replay", "--rule", "contract.json_invalid")
    while killed.poll() is None and not replays.replays_of(line.engine, line.project.topics.samples):
        time.sleep(0.01)
    killed.kill()
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL, "it was done before it was killed"
    told, _ = command(line, "replay", "--rule", "contract.json_invalid").communicate(timeout=60)
    assert "confirmed by the broker. `assay audit` says what became of them." in told
    found = Counter(record.value for record in line.read(line.project.topics.samples))
    assert found == dict.fromkeys(values, 2)
    restarted(line)
    line.audited()
    told, _ = command(line, "audit").communicate(timeout=60)
    assert f"{len(values)} dead letters were replayed = 0 accepted + {len(values)} rejected + 0 duplicate" in told


def test_what_kafka_has_removed_is_not_published_again(line: Any) -> None:
    """Whether a run that was killed long ago had published it cannot be known; the audit goes on to tell of it."""
    dead(line, [b"{", b"["])
    line.audited()
    planned(line)
    publish(line, [b"("])
    line.wait(lambda: line.lake.dead_letters(line.project.config.name).num_rows == 3)
    removed = TopicPartition(line.project.topics.samples, 0, 3)
    admin = AdminClient({"bootstrap.servers": line.bootstrap})
    for future in admin.delete_records([removed]).values():
        future.result(10)
    report = replay(line)
    assert (report.published, report.replayed_before, report.doubtful) == (1, 2, 2)
    assert line.audit().replays == ReplayCounts(replayed=3, counts=counts(rejected=1), under_way=2)


def test_a_dry_run_says_what_todays_rules_would_do(line: Any) -> None:
    """Of the chosen dead letters, by the rule that each broke then; times without a zone are in UTC."""
    letters = [dead_letter(line, offset, datetime(2026, 1, 1 + offset, tzinfo=UTC)) for offset in range(5)]
    archive_dead_letters(line.lake, line.project.config.name, letters)
    for chosen, due in [
        ("--since 2026-01-02 --until 2026-01-04T00:00:00+00:00", 2),
        ("--since 2026-01-02T01:00:00+01:00 --limit 3 --source scanner-0", 3),
        ("--until 2026-01-01", 0),
    ]:
        told, _ = command(line, "replay", "--dry-run", *chosen.split()).communicate(timeout=60)
        summary = f"Of {due} dead letters today's rules would accept 0 and reject {due}."
        assert (summary if due else "No dead letter to replay.") in told
        assert told.count("contract.json_invalid") == 2 * bool(due)
        assert "Nothing was published or written." in told
    told, _ = command(line, "replay", "--since", "yesterday").communicate(timeout=60)
    assert "--since yesterday is no time: write 2026-01-31" in told


def dead_letter(line: Any, offset: int, timestamp: datetime) -> DeadLetter:
    """Return a dead letter of this time that cannot be read."""
    return DeadLetter(
        origin=Origin(topic=line.project.topics.samples, partition=0, offset=offset),
        key=base64.b64encode(b"scanner-0").decode(),
        value=base64.b64encode(b"{").decode(),
        headers=(),
        timestamp=timestamp,
        violations=(Violation(rule="contract.json_invalid", where="", seen="{", allowed="JSON"),),
        versions=line.project.screening.versions,
    )


def test_two_operators_do_not_replay_at_once(line: Any) -> None:
    """The second is told to wait."""
    with (
        replays.alone(line.engine, line.project.topics.samples),
        pytest.raises(ConflictError, match="is running: wait"),
    ):
        replaying(line).run(Choice())
