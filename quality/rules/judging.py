"""Judging: the rows of a frame that break a rule, and what the frame adds to the windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from quality.rules.columns import Columns, Mask, Numbers
from quality.rules.rule import Rule
from quality.rules.windows import Window
from schemas.verdicts import Tally, Violation


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """The violations of the rows that have any, by row and in the order of the rules; and the frame's own window."""

    violations: Mapping[int, tuple[Violation, ...]]
    window: Window


def judge(rules: Sequence[Rule], columns: Mapping[str, Sequence[object] | Numbers], count: int) -> Judgement:
    """Judge `count` rows, given as columns of that length; one that is missing is absent in every row."""
    data = Columns(columns, count)
    found: dict[int, list[Violation]] = {}
    tallies: dict[str, Tally] = {}
    for rule in rules:
        broken = rule.breaks(data)
        if rule.mostly < 1:
            tallies[rule.key] = Tally(judged=_count(rule.judges(data)), unexpected=_count(broken))
        if broken is data.none:
            continue
        for row in broken.nonzero()[0].tolist():
            found.setdefault(row, []).append(rule.violation(_row(rule, data, row)))
    violations = {row: tuple(found[row]) for row in sorted(found)}
    return Judgement(violations=violations, window=Window(tallies=tallies))


def violations(rules: Sequence[Rule], rows: Sequence[Mapping[str, object]]) -> list[tuple[Violation, ...]]:
    """Return for each row every violation of it, in the order of the rules."""
    reads = frozenset[str]().union(*(rule.reads for rule in rules))
    columns = {name: [row.get(name) for row in rows] for name in reads}
    found = judge(rules, columns, len(rows)).violations
    return [found.get(index, ()) for index in range(len(rows))]


def _count(rows: Mask) -> int:
    return int(np.count_nonzero(rows))


def _row(rule: Rule, data: Columns, row: int) -> dict[str, object]:
    return {name: data.values(name)[row] for name in rule.columns}
