"""Windows: rules that allow some rows to break them, judged on many rows from counts that merge."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from quality.rules.rule import Rule
from schemas.verdicts import Severity, Tally


@dataclass(frozen=True, kw_only=True)
class Window:
    """The tallies of many rows, by the rules' keys.

    Merging adds, so it does not matter in which order, or in which frames, the rows came.
    """

    tallies: Mapping[str, Tally] = field(default_factory=dict)

    def merge(self, other: "Window") -> "Window":
        """Return the window over the rows of both."""
        keys = self.tallies.keys() | other.tallies.keys()
        return Window(tallies={key: self.tally(key) + other.tally(key) for key in sorted(keys)})

    def tally(self, key: str) -> Tally:
        """Return what was counted for a rule."""
        return self.tallies.get(key, Tally())


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a window says of a rule that allows some rows to break it."""

    type: str
    columns: tuple[str, ...]
    severity: Severity
    mostly: float
    tally: Tally

    @property
    def holds(self) -> bool:
        """Say whether enough of the judged rows keep the rule; of no rows it is true, as in Great Expectations."""
        judged, unexpected = float(self.tally.judged), float(self.tally.unexpected)
        return not judged or (judged - unexpected) / judged >= self.mostly


def windowed(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Return the rules that are statements about many rows: those that set `mostly` below 1."""
    return tuple(rule for rule in rules if rule.mostly < 1)


def statements(rules: Sequence[Rule], window: Window) -> tuple[Statement, ...]:
    """Return what `window` says of each rule that allows some rows to break it, in the order of the rules."""
    return tuple(
        Statement(
            type=rule.type,
            columns=rule.columns,
            severity=rule.severity,
            mostly=rule.mostly,
            tally=window.tally(rule.key),
        )
        for rule in windowed(rules)
    )
