"""Conventions of drawing boxes in which labelers differ: one box or many, tight or loose."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import permutations
from math import exp, log
from statistics import fmean, stdev

from labeling.agreement.boxes import Drawn
from labeling.agreement.matching import FLOOR, areas, corners, intersections, iou, match
from labeling.findings.evidence import ENOUGH, best, quoted
from quality.chance import LEVEL, SLIPS, binomial_tail, holm, sign_test
from quality.intervals import Z_95, wilson
from schemas.answers import ClassName
from schemas.boxes import Box
from schemas.labels import Finding, FindingKind

# The part of a box that must lie in another for that one to cover it.
COVERED = 0.8
# The boxes that are covered must fill so much of the one that covers them.
FILLED = 0.5


def one_or_many(tasks: Mapping[int, Drawn]) -> list[Finding]:
    """Return the classes of which some draw one box where others draw several, clearest first.

    A task shows it if a labeler's box covers two or more boxes of the same class by another (each with 80 % of its
    area), which fill half of it, while none of them is the same box. The effect is the share of such tasks among
    those on which two labelers drew the class, with Wilson's interval. Tested against careless slips on 2 % of tasks
    (binomial), corrected over the classes (Holm). `labelers` are those who drew the one box, most often first.
    """
    shared: Counter[ClassName] = Counter()
    torn: defaultdict[ClassName, dict[int, Counter[str]]] = defaultdict(dict)
    for task, drawn in tasks.items():
        for name, by_labeler in _classes(drawn).items():
            shared[name] += len(by_labeler) > 1
            who = Counter(
                one for one, other in permutations(by_labeler, 2) if _merges(by_labeler[one], by_labeler[other])
            )
            if who:
                torn[name][task] = who
    names = sorted(name for name in torn if len(torn[name]) >= ENOUGH)
    raw = [binomial_tail(len(torn[name]), shared[name], SLIPS) for name in names]
    found = [
        _merged(name, torn[name], shared[name], p_value)
        for name, p_value in zip(names, holm(raw, tests=len(shared)), strict=True)
        if p_value <= LEVEL
    ]
    return sorted(found, key=lambda finding: (finding.p_value, finding.classes))


def tight_or_loose(tasks: Mapping[int, Drawn]) -> list[Finding]:
    """Return the labelers who draw larger, or smaller, boxes than others do around the same object, clearest first.

    The effect is the geometric mean, over tasks, of the ratio of the labeler's area to that of the others' matching
    boxes, with a normal interval of its logarithm. Tested by the sign test over tasks, corrected over the
    labelers (Holm).
    """
    logs: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for task, drawn in tasks.items():
        for name, ratio in _ratios(drawn).items():
            logs[name][task] = ratio
    names = sorted(name for name in logs if len(logs[name]) >= ENOUGH)
    raw = [
        sign_test(sum(each > 0 for each in logs[name].values()), sum(each < 0 for each in logs[name].values()))
        for name in names
    ]
    found = [
        _sized(name, logs[name], p_value)
        for name, p_value in zip(names, holm(raw, tests=len(logs)), strict=True)
        if p_value <= LEVEL
    ]
    return sorted(found, key=lambda finding: (finding.p_value, finding.labelers))


def _classes(drawn: Drawn) -> dict[ClassName, dict[str, list[Box]]]:
    found: defaultdict[ClassName, defaultdict[str, list[Box]]] = defaultdict(lambda: defaultdict(list))
    for labeler, boxes in drawn.items():
        for box in boxes:
            found[box.name][labeler].append(box)
    return {name: dict(by_labeler) for name, by_labeler in found.items()}


def _merges(ones: Sequence[Box], others: Sequence[Box]) -> bool:
    """Say whether one of `ones` stands for two or more of `others`."""
    large, small = corners(ones), corners(others)
    covers = intersections(large, small) >= COVERED * areas(small)
    fills = covers @ areas(small) >= FILLED * areas(large)
    same = (covers & (iou(large, small) >= FLOOR)).any(axis=1)
    return bool(((covers.sum(axis=1) > 1) & fills & ~same).any())


def _merged(name: ClassName, torn: Mapping[int, Counter[str]], shared: int, p_value: float) -> Finding:
    share = wilson(len(torn), shared)
    who = sum(torn.values(), Counter[str]())
    labelers = tuple(sorted(who, key=lambda labeler: (-who[labeler], labeler)))
    return Finding(
        kind=FindingKind.ONE_OR_MANY,
        says=f"Of {quoted(name)}, some draw one box where others draw several: on {len(torn)} of {shared} tasks "
        f"that two drew it on. One box comes most often from {labelers[0]}.",
        classes=(name,),
        labelers=labelers,
        tasks=len(torn),
        of=shared,
        effect=share.estimate,
        low=share.low,
        high=share.high,
        p_value=p_value,
        examples=best({task: who.total() for task, who in torn.items()}),
        evidence=tuple(sorted(torn)),
    )


def _ratios(drawn: Drawn) -> dict[str, float]:
    """Return the mean logarithm of each labeler's area to that of others' matching boxes."""
    logs: defaultdict[str, list[float]] = defaultdict(list)
    sizes = {labeler: areas(corners(boxes)) for labeler, boxes in drawn.items()}
    for one, other in permutations(drawn, 2):
        logs[one] += [log(sizes[one][each.one] / sizes[other][each.other]) for each in match(drawn[one], drawn[other])]
    return {labeler: fmean(found) for labeler, found in logs.items() if found}


def _sized(name: str, logs: Mapping[int, float], p_value: float) -> Finding:
    mean, spread = fmean(logs.values()), Z_95 * stdev(logs.values()) / len(logs) ** 0.5
    same_way = {task: abs(each) for task, each in logs.items() if each * mean > 0}
    return Finding(
        kind=FindingKind.TIGHT_OR_LOOSE,
        says=f"The boxes of {name} have {exp(mean):.2f} times the area of others' boxes of the same objects; "
        f"{'larger' if mean > 0 else 'smaller'} on {len(same_way)} of {len(logs)} tasks.",
        labelers=(name,),
        tasks=len(same_way),
        of=len(logs),
        effect=exp(mean),
        low=exp(mean - spread),
        high=exp(mean + spread),
        p_value=p_value,
        examples=best(same_way),
        evidence=tuple(sorted(same_way)),
    )
