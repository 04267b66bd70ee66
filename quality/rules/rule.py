"""A rule: one expectation of a suite that says something of each single row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from quality.contracts import shown
from quality.rules.columns import Columns, Mask
from schemas.verdicts import Severity, Violation

Kwargs = Mapping[str, Any]
# Says something of each row.
Check = Callable[[Columns], Mask]
# A check, and what it allows in words.
Compiled = tuple[Check, str]
# Compiles the expectation on these columns.
Factory = Callable[[tuple[str, ...], Kwargs], Compiled]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row-level expectation.

    `breaks` says of each row whether it breaks the rule, `judges` whether the rule speaks of it at all: a row
    without the value, or one that the row condition leaves out, is not judged. Both look at the columns that the
    rule `reads`: its own, and those of its condition. `mostly` is the share of the judged rows that must keep the
    rule; `key` tells the rule from all others, in every suite.
    """

    type: str
    columns: tuple[str, ...]
    allowed: str
    severity: Severity
    breaks: Check
    judges: Check
    reads: frozenset[str]
    mostly: float
    key: str

    @property
    def mark(self) -> Severity:
        """What one row that breaks the rule is marked with: below all rows, no single one is to be rejected."""
        return Severity.WARNING if self.mostly < 1 and self.severity is Severity.CRITICAL else self.severity

    def violation(self, row: Mapping[str, object]) -> Violation:
        """Return what `row`, which breaks the rule, did."""
        seen = [row.get(column) for column in self.columns]
        return Violation(
            rule=self.type,
            where=", ".join(self.columns),
            seen=shown(seen[0] if len(seen) == 1 else seen),
            allowed=self.allowed,
            severity=self.mark,
        )
