"""Made-up samples in the lake, and labels of some of them in PostgreSQL, as if they had come in over a month."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlalchemy import Engine, text

from bench.line.contract import ReadingV1
from storage import lake_files
from storage.lake import Lake
from storage.lake_rows import SAMPLES
from storage.projects import Project

PARTITIONS = 4
LABELERS = 40
LABELS = 5  # of each labeled sample
# So many samples are appended at once: a file of 9 MB, where compaction goes on until there are 32.
LOT = 100_000

# A number from 0 to 1 that looks random, and is the same for the same places.
DRAW = "(hash(number * 31 + {salt}) % 10001 / 10000.0)"
SAMPLES_QUERY = """
    SELECT
        'line.samples' AS topic,
        number % 4 AS partition,
        number // 4 AS offset,
        'strip-' || lpad(number::VARCHAR, 9, '0') AS sample_id,
        'line-' || (number % 7) AS source,
        TIMESTAMPTZ '2026-01-01T00:00:00Z' + to_microseconds(number * 250000) AS occurred_at,
        1 AS contract,
        '{{' || {payload} || '}}' AS payload,
        'm1' AS prediction_model,
        '{{"dent":' || round({dent} / 2, 4) || ',"good":' || round(1 - {dent} / 2, 4) || '}}' AS prediction_scores,
        NULL::DOUBLE[] AS embedding,
        '{{"shift":"' || ['early', 'late', 'night'][1 + number % 3] || '"}}' AS attributes,
        NULL::VARCHAR AS media,
        '[]' AS warnings,
        $suite AS suite,
        $policy AS policy,
        NULL::BIGINT AS replay_of,
        NULL::INTEGER AS replays
    FROM range($first, $last) AS numbers(number)
"""

# Every so many-th sample is labeled. Labelers err in one answer of ten, each differently; a task on which four of
# five agree is settled.
LABELED = f"""
    INSERT INTO labelers (project, name, simulated)
        SELECT 'line', 'labeler-' || n, true FROM generate_series(1, {LABELERS}) AS n;
    INSERT INTO tasks (project, topic, partition, "offset", sample_id, sample, selection, priority, due_at, status,
                       guideline, wanted, free, created_at)
        SELECT 'line', 'line.samples', n % {PARTITIONS}, n / {PARTITIONS}, 'strip-' || lpad(n::text, 9, '0'),
               '{{}}', '{{"reasons": ["uncertain"], "scores": {{"uncertain": 0.5}}, "propensity": 0.1}}', 0.5, now(),
               'settled', 1, {LABELS}, 0, now() - interval '2 days'
        FROM generate_series(0, :samples - 1, :every) AS n;
    INSERT INTO assignments (assignment_id, task_id, labeler_id, guideline, status, expires_at, done_at)
        SELECT gen_random_uuid(), task_id, labeler_id, 1, 'done', now(), now()
        FROM tasks CROSS JOIN generate_series(0, {LABELS - 1}) AS place
        JOIN (SELECT labeler_id, row_number() OVER (ORDER BY labeler_id) - 1 AS number FROM labelers) AS hired
            ON number = (task_id * 7 + place) % {LABELERS};
    INSERT INTO labels (label_id, assignment_id, task_id, labeler_id, answer, guideline, labeled_at)
        SELECT gen_random_uuid(), assignment_id, task_id, labeler_id, to_jsonb((ARRAY['good', 'scratch', 'dent'])[
                   1 + (task_id + (CASE WHEN (task_id * 13 + labeler_id * 29) % 10 = 0 THEN 1 ELSE 0 END)) % 3]),
               1, now() - interval '1 day' + labeler_id * interval '1 minute'
        FROM assignments;
    INSERT INTO consensus (task_id, answer, confidence, method, votes, guideline, settled)
        SELECT task_id, mode() WITHIN GROUP (ORDER BY answer), 0.97, 'one-coin',
               jsonb_agg(jsonb_build_object('labeler', name, 'answer', answer) ORDER BY name), 1,
               count(*) FILTER (WHERE answer = to_jsonb((ARRAY['good', 'scratch', 'dent'])[1 + task_id % 3])) >= 4
        FROM labels JOIN labelers USING (labeler_id) GROUP BY task_id;
"""  # noqa: S608 - constants


def fill(engine: Engine, lake: Lake, project: Project, samples: int, every: int) -> None:
    """Archive so many samples of the project, and have every so many-th of them labeled by five people."""
    _label(engine, samples, every)
    lake.ensure(project.config.name)
    for rows in _lots(project, samples):
        table = lake.catalog.load_table((project.config.name, "samples"))
        lake_files.append(table, lake_files.write(table, rows), {})


def released_bytes(location: str) -> int:
    """Return how many bytes a version's files have."""
    return sum(file.stat().st_size for file in Path(location.removeprefix("file://")).iterdir())


def _label(engine: Engine, samples: int, every: int) -> None:
    with engine.begin() as connection:
        # What refers to what is so made that it holds; to look each of millions of references up takes longest. The
        # bench's own stack lets its role do so, no service's role may.
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in filter(str.strip, LABELED.split(";")):
            said = {"samples": samples, "every": every} if ":every" in statement else {}
            connection.execute(text(statement), said)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _lots(project: Project, samples: int) -> Iterator[pa.Table]:
    fields = sorted(ReadingV1.model_fields)
    payload = " || ',' || ".join(
        f"""'"{name}":' || (100 * {DRAW.format(salt=salt)})::DOUBLE""" for salt, name in enumerate(fields)
    )
    query = SAMPLES_QUERY.format(payload=payload, dent=DRAW.format(salt=len(fields)))
    said = {"suite": project.suite_fingerprint, "policy": "p"}
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for first in range(0, samples, LOT):
            span = {"first": first, "last": min(first + LOT, samples)}
            yield connection.sql(query, params={**said, **span}).to_arrow_table().cast(SAMPLES)
