"""Manifest, card, Croissant and table: what a version says of itself."""

import json
from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from catalog.assembly import Entry, Row
from catalog.canonical import canonical
from catalog.croissant import croissant
from catalog.manifest import File, Manifest, card, content_hash, manifest
from catalog.table import COLUMNS, payloads, table
from catalog.testing import CLASSES, assembler, candidate, governing, recipe
from labeling.testing import box
from schemas.answers import Answer, AnswerKind, named_in
from schemas.project import LabelSpace

BOX = box("cat", 0, 0.5, 10, 10)

Json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def rows(*changes: dict[str, Any]) -> tuple[Row, ...]:
    """Return the rows of a version that holds these candidates."""
    return assembler().assemble(candidate(offset, **change) for offset, change in enumerate(changes)).rows


@given(value=Json)
def test_canonical_json_is_read_back_as_it_was(value: JsonValue) -> None:
    """And a second writing gives the same bytes."""
    written = canonical(value)
    assert canonical(json.loads(written)) == written


@pytest.mark.parametrize("change", [{"label": "dog"}, {"simulated": True}, {"payload": {"size": 5}}, {"guideline": 2}])
def test_the_content_hash_changes_with_any_row(change: dict[str, Any]) -> None:
    """Label, evidence and sample all count."""
    assert content_hash(rows({}), governing()) == content_hash(rows({}), governing())
    assert content_hash(rows({}), governing()) != content_hash(rows(change), governing())


@pytest.mark.parametrize("change", [{"suite": "t"}, {"contract": 2}, {"guideline": 2}, {"guideline_sha256": "1" * 64}])
def test_the_content_hash_changes_with_what_governs(change: dict[str, Any]) -> None:
    """The same rows under another suite are another version."""
    assert content_hash(rows({}), governing()) != content_hash(rows({}), governing(**change))


def test_the_card_says_where_labels_are_simulated() -> None:
    """Nobody shall take them for the judgment of people."""
    people, mixed = (manifest(made, governing(), []) for made in (rows({}, {}), rows({}, {"simulated": True})))
    assert "Labels were given by people." in card(people)
    assert "**Labels are simulated** in 1 of 2 rows" in card(mixed)


def test_croissant_describes_every_column_of_every_file() -> None:
    """Each record set is one split, its fields are the Parquet file's columns."""
    made = rows({})
    file = File(name="train.parquet", sha256="0" * 64, bytes=1, rows=1)
    schema = table(made).schema
    described = croissant(manifest(made, governing(), [file]), schema)
    fields = described["recordSet"][0]["field"]
    assert [field["source"]["extract"]["column"] for field in fields] == schema.names
    assert described["distribution"][0]["sha256"] == file.sha256
    assert {field["@id"]: field["dataType"] for field in fields}["train/payload.size"] == "sc:Integer"


@pytest.mark.parametrize(
    ("kind", "label", "said"),
    [
        (AnswerKind.MULTILABEL, ("cat", "dog"), ["cat", "dog"]),
        (AnswerKind.BOXES, (BOX,), [BOX.model_dump()]),
        (AnswerKind.BOXES, (), []),
        (AnswerKind.TEXT, "A cat.", "A cat."),
    ],
)
def test_labels_of_every_kind_are_in_table_manifest_and_hash(kind: AnswerKind, label: Answer, said: Any) -> None:
    """As strings, lists of strings, and lists of objects; what a row names is counted once."""
    labels = LabelSpace(kind=kind, classes=() if kind is AnswerKind.TEXT else CLASSES)
    about = governing(kind=kind, classes=labels.classes)
    made = assembler(labels).assemble([candidate(0, label)])
    assert table(made.rows, kind).column("label").to_pylist() == [said]
    told = manifest(made.rows, about, [])
    assert Manifest.model_validate_json(canonical(told)) == told
    counts = sum((Counter(split.classes) for split in told.splits.values()), Counter[str]())
    assert counts == (Counter() if kind is AnswerKind.TEXT else Counter(set(named_in(label))))
    entry = made.rows[0].entry
    assert Entry.model_validate_json(canonical(entry)) == entry
    assert "**" not in card(told)


def test_croissant_tells_the_parts_of_a_box() -> None:
    """As fields of the label, which a row has several of."""
    file = File(name="train.parquet", sha256="0" * 64, bytes=1, rows=1)
    schema = table((), AnswerKind.BOXES).schema
    described = croissant(manifest((), governing(kind=AnswerKind.BOXES), [file]), schema)
    label = described["recordSet"][0]["field"][schema.names.index("label")]
    assert (label["repeated"], [part["dataType"] for part in label["subField"]]) == (
        True,
        ["sc:Text", *["sc:Float"] * 4],
    )
    assert label["subField"][1]["source"]["extract"]["column"] == "label.left"


def test_the_columns_of_our_own_have_the_same_types_for_any_rows() -> None:
    """So that versions can be read together."""
    assert table(()).schema.types == [kind for _, kind, _ in COLUMNS]
    assert table(rows({})).schema.types[: len(COLUMNS)] == table(()).schema.types


@given(first=Json, second=Json)
def test_any_payload_comes_back_from_the_table(first: JsonValue, second: JsonValue) -> None:
    """Whatever the types of its fields, together or apart."""
    given_ = [{"field": first}, {"field": second, "other": first}]
    data = table(rows({"payload": given_[0]}, {"payload": given_[1]}))
    assert payloads(data) == given_
    assert data.num_columns == len(COLUMNS) + 2


def test_rows_that_stand_several_times_are_numbered_and_named_on_the_card() -> None:
    """The manifest has each once, the file of train each as often as its slice asks for."""
    slices = [{"column": "label", "value": "dog", "copies": 3}]
    made = assembler(splits={"train": 1.0}, slices=slices).assemble([candidate(0, "cat"), candidate(1, "dog")])
    data = table(made.rows)
    assert data.column("sample_id").to_pylist() == ["s0", "s1", "s1", "s1"]
    assert data.column("copy").to_pylist() == [0, 0, 1, 2]
    about = governing(recipe=recipe(splits={"train": 1.0}, slices=slices))
    told = manifest(made.rows, about, [])
    assert (told.rows, told.repeated, told.splits["train"].rows) == (2, 1, 2)
    assert "1 rows stand in train more than once, numbered in `copy` from 0: those of `label = dog` (3 times)." in card(
        told
    )


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ((1, 2), pa.int64()),
        ((1, 2.5), pa.float64()),
        (([1.5], None), pa.list_(pa.float64())),
        ((None, None), pa.string()),
        (({"a": 1}, 2), pa.string()),
        ((1, "x"), pa.string()),
    ],
)
def test_payload_fields_have_the_type_that_their_values_share(values: tuple[JsonValue, ...], kind: pa.DataType) -> None:
    """And are JSON texts where they share none."""
    data = table(rows(*({"payload": {"f": value}} for value in values)))
    assert data.schema.field("payload.f").type == kind
