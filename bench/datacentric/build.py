"""Build: which items a dataset version takes, by the product's assembler."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

import numpy as np

from catalog.assembly import Assembler, Candidate, Concluded
from catalog.twins import TRAIN
from labeling.consensus.dawid_skene import METHOD
from labeling.consensus.votes import Codes
from schemas.project import DatasetRecipe, LabelSpace
from schemas.verdicts import Origin, Reason, Selection

PROJECT = "proof"
# Which items teach was decided before: all rows of the version do.
RECIPE = DatasetRecipe(group="item", splits={TRAIN: 1.0}, min_rows=1, agreement_floor=-1.0)
# Items had labels before the loop began, and no times: what is said of either is nothing that the assembler asks.
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)
SELECTED = Selection(reasons=(Reason.AUDIT,), scores={}, propensity=1.0)


def built(answers: Codes, waiting: Collection[int], classes: Sequence[str]) -> tuple[Codes, Codes]:
    """Return the items of a version and their labels, of n items with these answers; those that wait are not in."""
    labels = LabelSpace(classes=tuple(classes))
    assembler = Assembler(project=PROJECT, recipe=RECIPE, contract=1, classes=labels.classes, labels=labels)
    made = assembler.assemble(
        _candidate(item, classes[answer], settled=item not in waiting) for item, answer in enumerate(answers.tolist())
    )
    codes = {name: code for code, name in enumerate(classes)}
    items = [row.entry.origin.offset for row in made.rows]
    return np.array(items, np.int64), np.array([codes[str(row.entry.label)] for row in made.rows], np.int64)


def _candidate(item: int, answer: str, *, settled: bool) -> Candidate:
    consensus = Concluded(answer=answer, confidence=1.0, method=METHOD, votes=1, guideline=1)
    return Candidate(
        origin=Origin(topic=f"{PROJECT}.samples", partition=0, offset=item),
        sample={"sample_id": str(item), "contract": 1, "payload": {"item": item}},
        suite="",
        selection=SELECTED,
        consensus=consensus,
        settled=settled,
        labels=(),
        answers=(),
        simulated=False,
        queued_at=ALWAYS,
        labeled_at=ALWAYS,
    )
