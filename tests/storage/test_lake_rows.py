"""Events become rows, however their sample was written."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import InputError
from schemas.samples import Payload, Sample
from storage.lake_rows import SAMPLES, sample_of, samples_table
from storage.testing import accepted_sample


class Reading(Payload):
    """A payload with a float, which JSON may write as a whole number."""

    size: float


def row_of(sample: dict[str, Any]) -> dict[str, Any]:
    """Return the row of an accepted event that holds `sample` as its producer wrote it."""
    event = accepted_sample(1).model_dump(mode="json") | {"sample": sample}
    row: dict[str, Any] = samples_table([json.dumps(event).encode()]).to_pylist()[0]
    return row


BARE = {"payload": {"size": 2}, "source": "s", "sample_id": "i", "contract": 1, "occurred_at": "2026-01-31 12:00+02:00"}

SPARSE = st.fixed_dictionaries(
    {
        "contract": st.just(1),
        "sample_id": st.text(st.characters(exclude_characters="\x00", codec="utf-8"), min_size=1, max_size=9),
        "source": st.just("s"),
        "occurred_at": st.sampled_from(
            ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.25+01:00", "2026-01-31t23:59-0530", "2026-01-31 12:00:00,5z"]
        ),
        "payload": st.fixed_dictionaries({"size": st.integers(-(2**70), 2**70) | st.floats(-1e300, 1e300)}),
    },
    optional={
        "prediction": st.none() | st.just({"scores": {"b": 1, "a": 0}, "model": "m"}),
        "embedding": st.none() | st.lists(st.integers(-(2**60), 2**60) | st.floats(-1, 1), min_size=1, max_size=3),
        "attributes": st.dictionaries(st.text(max_size=3), st.integers() | st.booleans() | st.text(max_size=3)),
        "media": st.none() | st.just("m.png"),
    },
)


@given(sample=SPARSE, data=st.data())
def test_the_lake_gives_back_what_the_contract_reads(sample: dict[str, Any], data: Any) -> None:
    """Fields in any order, optional ones absent, whole numbers for floats, times in any form."""
    shuffled = dict(data.draw(st.permutations(list(sample.items()))))
    read = Sample[Reading].model_validate_json(json.dumps(shuffled))
    assert Sample[Reading].model_validate_json(json.dumps(sample_of(row_of(shuffled)))) == read


def test_what_is_absent_is_null_or_empty() -> None:
    """A producer need not write what it has nothing to say of."""
    row = row_of(BARE)
    assert [row[name] for name in ("prediction_model", "prediction_scores", "embedding", "media")] == [None] * 4
    assert (row["attributes"], row["warnings"]) == ("{}", "[]")
    assert row["occurred_at"] == datetime(2026, 1, 31, 10, tzinfo=UTC)


@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b'{"sample": 3}', json.dumps(BARE).encode()])
def test_what_is_no_event_is_refused_by_name(value: bytes) -> None:
    """Nothing but our own workers may write to the topics that are archived."""
    with pytest.raises(InputError, match="no event of this version"):
        samples_table([value])


def test_rows_have_the_lakes_schema() -> None:
    """Types are declared, never guessed from the first rows."""
    table = samples_table([accepted_sample(1).model_dump_json().encode()])
    assert table.schema == SAMPLES
    assert json.loads(table.column("payload")[0].as_py()) == accepted_sample(1).sample["payload"]
