"""What a dataset version says of itself: its content hash, its manifest, its card."""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from catalog.assembly import Entry, Row
from catalog.canonical import canonical
from schemas.answers import AnswerKind, ClassName, named_in
from schemas.project import DatasetRecipe
from schemas.verdicts import Event


class Governing(Event):
    """What governed the version beside its rows; `guideline_sha256` is the hash of the guideline's text."""

    project: str
    title: str
    contract: int
    suite: str
    guideline: int
    guideline_sha256: str
    kind: AnswerKind = AnswerKind.CLASSIFICATION
    classes: tuple[ClassName, ...]
    recipe: DatasetRecipe


class File(Event):
    """One file of the version, by its name beside the manifest; `rows` are its lines, copies included."""

    name: str
    sha256: str
    bytes: int
    rows: int


class Split(Event):
    """How many rows of a split name each class; a row may name several, or none."""

    rows: int
    classes: dict[ClassName, int]


class Manifest(Event):
    """The whole of `manifest.json`; nothing in it depends on when or where the version was published."""

    content_hash: str
    governing: Governing
    rows: int
    simulated: int  # rows with labels from simulated labelers
    repeated: int = 0  # rows that stand in train more than once
    splits: dict[str, Split]
    files: tuple[File, ...]


class DatasetPublished(Event):
    """A dataset version exists, of the labels of the instant `as_of`; announced on `P.datasets`."""

    project: str
    version: int
    content_hash: str
    rows: int
    location: str
    published_at: datetime
    as_of: datetime


def content_hash(rows: Iterable[Row], governing: Governing) -> str:
    """Return the SHA-256 of the canonical JSON of `governing` and of each row, a line each."""
    return hash_of((row.line for row in rows), governing)


def hash_of(lines: Iterable[bytes], governing: Governing) -> str:
    """Return the content hash of rows, given as their lines."""
    digest = hashlib.sha256(canonical(governing) + b"\n")
    for line in lines:
        digest.update(line + b"\n")
    return digest.hexdigest()


def manifest(rows: Collection[Row], governing: Governing, files: Sequence[File]) -> Manifest:
    """Return the manifest of a version made of `rows`, kept in `files`."""
    counts = counted((row.entry for row in rows), governing)
    return Manifest(content_hash=content_hash(rows, governing), governing=governing, files=tuple(files), **vars(counts))


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What a manifest counts: see there."""

    rows: int
    simulated: int
    repeated: int
    splits: dict[str, Split]


def counted(entries: Iterable[Entry], governing: Governing) -> Counts:
    """Count a version's rows in one pass."""
    rows = dict.fromkeys(sorted(governing.recipe.splits), 0)
    classes = {split: Counter[ClassName]() for split in rows}
    simulated = repeated = 0
    for entry in entries:
        rows[entry.split] += 1
        simulated += entry.simulated
        repeated += entry.copies > 1
        classes[entry.split].update(name for name in named_in(entry.label) if name in governing.classes)
    splits = {split: Split(rows=rows[split], classes=dict(sorted(classes[split].items()))) for split in rows}
    return Counts(rows=sum(rows.values()), simulated=simulated, repeated=repeated, splits=splits)


def card(made: Manifest) -> str:
    """Return the dataset card in Markdown; it says where labels are simulated."""
    governing = made.governing
    return "\n".join(
        [
            *_configuration(made),
            f"# {governing.title}",
            "",
            f"Project `{governing.project}`, content hash `{made.content_hash}`, {made.rows} rows.",
            "",
            _provenance(made),
            "",
            *_class_table(made),
            "",
            f"- Contract {governing.contract}, expectation suite `{governing.suite}`, guideline {governing.guideline}.",
            *_copies(made),
            f"- Rows that share `{governing.recipe.group}` stay in one split.",
            "- `manifest.jsonl` names for each row its offset, versions, consensus, and the reason it was selected.",
            "- `propensity` is the probability of that selection: weight by its inverse to estimate the stream.",
            "",
            "| file | rows | bytes | SHA-256 |",
            "|---|---:|---:|---|",
            *(f"| `{one.name}` | {one.rows} | {one.bytes} | `{one.sha256}` |" for one in made.files),
            "",
        ]
    )


def _configuration(made: Manifest) -> list[str]:
    """Return the head by which `datasets.load_dataset` finds the splits."""
    splits = [line for split in made.splits for line in (f"      - split: {split}", f"        path: {split}.parquet")]
    return ["---", "configs:", "  - config_name: default", "    data_files:", *splits, "---", ""]


def _provenance(made: Manifest) -> str:
    if made.simulated == 0:
        return "Labels were given by people."
    return (
        f"**Labels are simulated** in {made.simulated} of {made.rows} rows: at least one of their labelers was "
        "a simulation. Do not take them for the judgment of people."
    )


def _copies(made: Manifest) -> list[str]:
    if made.repeated == 0:
        return []
    named = ", ".join(f"`{one.name}` ({one.copies} times)" for one in made.governing.recipe.slices if one.copies > 1)
    return [f"- {made.repeated} rows stand in train more than once, numbered in `copy` from 0: those of {named}."]


def _class_table(made: Manifest) -> list[str]:
    splits = list(made.splits)
    if not made.governing.classes:
        return ["Labels are texts: there are no classes to count."]
    counts = (
        f"| {label} | {' | '.join(str(made.splits[split].classes.get(label, 0)) for split in splits)} |"
        for label in made.governing.classes
    )
    return [f"| class | {' | '.join(splits)} |", f"|---|{'---:|' * len(splits)}", *counts]
