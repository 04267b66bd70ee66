"""Which dead letters to replay, and what today's rules would do with them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from pydantic_core import from_json

from quality.frames import Frame, Record
from quality.screening import Screening, screen
from quality.state import State
from schemas.verdicts import Origin, Violation

# What stands for no rule at all, in a forecast.
ACCEPTED = "accepted"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A dead letter: the record as it came, where it stands, and what was wrong with it."""

    place: Origin
    record: Record
    violations: tuple[Violation, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that it broke, each once."""
        return _rules(self.violations)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which dead letters are meant: those for which all holds that is asked; None asks nothing.

    `contract` is the version that the record itself names. `source` is the record's own, and the key where the value
    cannot be read or names none. Times are Kafka's of the record; `until` itself is outside.
    """

    rule: str | None = None
    contract: int | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, letter: Letter) -> bool:
        """Say whether a dead letter is meant; of times the lake is asked."""
        if self.rule is not None and self.rule not in letter.rules:
            return False
        if self.contract is None and self.source is None:
            return True
        told = _told(letter.record.value)
        return (self.contract is None or _names(told, self.contract)) and (
            self.source is None or _source(told, letter.record.key) == self.source
        )


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What would become of dead letters that are replayed now, were none of them a duplicate.

    `by_rule` counts them by a rule that was broken then and what is now; one that broke several counts at each.
    """

    accepted: int = 0
    rejected: int = 0
    by_rule: Counter[tuple[str, str]] = field(default_factory=Counter)

    def __add__(self, other: Self) -> Self:
        return replace(
            self,
            accepted=self.accepted + other.accepted,
            rejected=self.rejected + other.rejected,
            by_rule=self.by_rule + other.by_rule,
        )


def forecast(letters: Sequence[Letter], screening: Screening) -> Forecast:
    """Say what `screening` would do with the dead letters; at least one. Duplicates cannot be foretold."""
    records = [replace(letter.record, offset=offset) for offset, letter in enumerate(letters)]
    found = screen(Frame.of("", 0, records), State(), screening).rejected
    now = [_rules(found[place].violations) if place in found else (ACCEPTED,) for place in range(len(letters))]
    return Forecast(
        accepted=len(letters) - len(found),
        rejected=len(found),
        by_rule=Counter(
            (rule, ", ".join(rules)) for letter, rules in zip(letters, now, strict=True) for rule in letter.rules
        ),
    )


def _rules(violations: Sequence[Violation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(violation.rule for violation in violations))


def _told(value: bytes | None) -> dict[str, Any]:
    """Return the JSON object in a value, an empty one where it holds none."""
    try:
        told = from_json(value or b"")
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _names(told: dict[str, Any], contract: int) -> bool:
    version = told.get("contract")
    return isinstance(version, int) and not isinstance(version, bool) and version == contract


def _source(told: dict[str, Any], key: bytes | None) -> str | None:
    source = told.get("source")
    if isinstance(source, str):
        return source
    return None if key is None else key.decode("utf-8", "replace")
