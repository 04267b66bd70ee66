"""What changed between two versions of a contract, in words that a program can count."""

from enum import StrEnum

from pydantic import JsonValue

from schemas.verdicts import Event


class ChangeKind(StrEnum):
    """What happened to a place of the payload."""

    FIELD_ADDED = "field added"  # a renamed field is one removed and one added: no program can know
    FIELD_REMOVED = "field removed"
    NOW_REQUIRED = "now required"
    NOW_OPTIONAL = "now optional"
    DEFAULT_CHANGED = "default changed"
    TYPE_CHANGED = "type changed"  # some values of either side are no longer, or not yet, let in
    TYPE_WIDENED = "type widened"
    TYPE_NARROWED = "type narrowed"
    TIGHTENED = "constraint tightened"
    LOOSENED = "constraint loosened"
    EXTRAS_CHANGED = "unknown fields"  # whether they are refused, dropped or kept
    COLUMN_ADDED = "computed field added"
    COLUMN_REMOVED = "computed field removed"
    UNKNOWN = "cannot be decided"  # breaking, to be safe


class Compatibility(StrEnum):
    """Which of two versions can read what was written for the other."""

    FULL = "full"  # either reads both
    BACKWARD = "backward"  # the new one reads both
    FORWARD = "forward"  # the old one reads both
    NONE = "none"


class Change(Event):
    """One difference at one place; `where` names fields as producers do, `[]` items and `{}` values of a mapping.

    `witness` is a payload that the old version lets in and the new one refuses there or reads otherwise; None where the
    change is backward compatible, or where none was found.
    """

    kind: ChangeKind
    where: str
    was: str
    now: str
    backward: bool
    forward: bool
    why: str
    witness: dict[str, JsonValue] | None = None


class Evolution(Event):
    """Everything that changed between two versions of a payload, what breaks first."""

    changes: tuple[Change, ...]

    @property
    def backward(self) -> bool:
        """Whether the new version reads all that was written for the old one."""
        return all(change.backward for change in self.changes)

    @property
    def compatibility(self) -> Compatibility:
        """Which of the two can read what was written for the other."""
        forward = all(change.forward for change in self.changes)
        if self.backward:
            return Compatibility.FULL if forward else Compatibility.BACKWARD
        return Compatibility.FORWARD if forward else Compatibility.NONE
