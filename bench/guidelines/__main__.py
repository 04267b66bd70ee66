"""The guideline loop on three real sets on which people disagree: what is found, what settling it touches and gains.

Findings come from real labels. Nobody is at hand to label anew, so labelers who follow the new guideline are
SIMULATED, and beside them stands what labeling anew does by itself. Writes `var/bench/guidelines.json`.
"""

import argparse
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from bench.guidelines.cases import (
    SEEN,
    SIZES,
    TREATS,
    UNSEEN,
    Case,
    Nodule,
    ducks,
    existence,
    malignancy,
    nodules,
    treatments,
)
from bench.guidelines.loop import Turn, first_round, turn
from bench.guidelines.relabeling import Relabel, adopting, alike, measuring, others, slips
from labeling.findings import confused_pairs, disputed_slices
from labeling.guidelines import Pair
from labeling.revision import agreement
from schemas.errors import InputError
from schemas.labels import Finding
from schemas.project import LabelSpace

CHECKOUT = Path(__file__).resolve().parents[2]
ORDERS = 10
# A guideline that not everybody follows.
FEW = 0.5
# What malignancy is merged into: real labels told otherwise, nobody asked again.
MERGED = {"1": "benign", "2": "benign", "3": "indeterminate", "4": "malignant", "5": "malignant"}


def run(case: Case, arms: Mapping[str, Relabel], settles: Sequence[Pair]) -> dict[str, Any]:
    """Settle pairs in some orders of the labels; return each arm's median over them, with the least and the most."""
    turns: dict[str, list[Turn]] = {name: [] for name in arms}
    for seed in range(ORDERS):
        first = first_round(case, np.random.default_rng([seed, 0]))
        for name, relabel in arms.items():
            turns[name].append(turn(case, first, settles, relabel, np.random.default_rng([seed, 1])))
    return {
        "tasks": len(case.votes),
        "labels": sum(map(len, case.votes.values())),
        "settles": [list(pair) for pair in settles],
        "arms": {name: _summary(each) for name, each in turns.items()},
    }


def against_gold(case: Case, settles: Sequence[Pair]) -> dict[str, Any]:
    """Run the loop where gold says what the new guideline would."""
    clear = slips(case)
    following = {f"simulated, {share:.0%} follow": adopting(case, clear.rate, share) for share in (FEW, 1.0)}
    arms = {"same guideline": others(case), **following}
    return {"slips_on_clear_tasks": asdict(clear), **run(case, arms, settles)}


def _summary(turns: Sequence[Turn]) -> dict[str, Any]:
    def middle(value: Callable[[Turn], float | None]) -> list[float] | None:
        found = [each for each in map(value, turns) if each is not None]
        return [round(each, 3) for each in (median(found), min(found), max(found))] if found else None

    return {
        "touched": middle(lambda each: each.effect.tasks),
        "labels_spent": middle(lambda each: each.effect.labels),
        "disputed_before": middle(lambda each: each.effect.touched_before.disputed.estimate),
        "disputed_after": middle(lambda each: each.effect.touched_after.disputed.estimate),
        "alpha_before": middle(lambda each: each.effect.touched_before.alpha),
        "alpha_after": middle(lambda each: each.effect.touched_after.alpha),
        "accuracy_before": middle(lambda each: each.accuracy_before),
        "accuracy_after": middle(lambda each: each.accuracy_after),
    }


def duck_loop(data: Path) -> dict[str, Any]:
    """Settle what a duck of the kind asked for is: two classes have one pair."""
    case = ducks(data)
    (finding,) = confused_pairs(case.votes)
    return {"findings": [finding.says], **against_gold(case, [_pair(finding)])}


def treatment_loop(data: Path) -> dict[str, Any]:
    """Settle the relations that labelers confuse with `TREATS` more often than chance puts there."""
    case = treatments(data)
    found = [each for each in confused_pairs(case.votes) if TREATS in each.classes and each.effect > 1]
    said = [f"{each.says} p = {each.p_value:.2g}" for each in found]
    return {"findings": said, **against_gold(case, [_pair(each) for each in found])}


def _pair(finding: Finding) -> Pair:
    one, other = finding.classes
    return one, other


def nodule_loop(found: Mapping[int, Nodule]) -> dict[str, Any]:
    """Settle from which size on a nodule is marked: the size below which readers are found to disagree."""
    case = existence(found)
    slices = disputed_slices(case.votes, case.columns)
    disputed = {finding.slice[1] for finding in slices if finding.slice}
    least = max(limit for limit, name in SIZES if name in disputed and np.isfinite(limit)) if disputed else SIZES[0][0]
    arms = {"same guideline, simulated": alike(), f"simulated, mark from {least:g} mm": measuring(found, least)}
    said = [finding.says for finding in slices]
    looped = run(case, arms, [(SEEN, UNSEEN)])
    return {"seen_by_one": _share_of_one(found), "findings": said, "least_mm": least, **looped}


def _share_of_one(found: Mapping[int, Nodule]) -> float:
    return round(float(np.mean([len(nodule.diameters) == 1 for nodule in found.values()])), 3)


def malignancy_merge(found: Mapping[int, Nodule]) -> dict[str, Any]:
    """Merge the five grades of malignancy into three: real labels throughout, and none spent."""
    case = malignancy({task: nodule for task, nodule in found.items() if len(nodule.malignancy) > 1})
    units = [[str(vote.answer) for vote in votes] for votes in case.votes.values()]
    merged = [[MERGED[answer] for answer in unit] for unit in units]
    return {
        "tasks": len(units),
        "findings": [finding.says for finding in confused_pairs(case.votes)[:3]],
        "merge": MERGED,
        "labels_spent": 0,
        "before": asdict(agreement(units, LabelSpace(classes=sorted(MERGED)))),
        "after": asdict(agreement(merged, LabelSpace(classes=sorted(set(MERGED.values()))))),
    }


def main() -> None:
    """Run the loop on each set, and write what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    folder = os.environ.get("ASSAY_DATA", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(folder), help="the folder that holds the sets")
    arguments = parser.parse_args()
    try:
        found = nodules(arguments.data)
        report = {
            "duck": duck_loop(arguments.data),
            "medrel_treat": treatment_loop(arguments.data),
            "lidc_existence": nodule_loop(found),
            "lidc_malignancy": malignancy_merge(found),
        }
    except InputError as error:
        raise SystemExit(str(error)) from error
    file = CHECKOUT / "var" / "bench" / "guidelines.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
