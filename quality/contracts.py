"""The contract check: bytes in, a typed sample or every violation out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import ValidationError
from pydantic_core import ErrorDetails, from_json

from quality import columns
from quality.structs import MOST_BRACKETS, Compiled, brackets, compiled
from schemas.samples import AnySample
from schemas.verdicts import Violation

# A value is shown so far and no further: a dead letter keeps the original anyway.
SHOWN = 120
# What is allowed is said at more length: an error message may tell a pattern.
ALLOWED = 500
# Further errors of one record say nothing new, and a hostile record could have a million.
MOST_VIOLATIONS = 100
# The longest record, in bytes, that is read. Topics limit records too, but count them compressed; a longer one could
# not be published again, and its dead letter keeps this much of it.
LONGEST = 4 << 20
# Within an event, and within what may be built around that, a sample is nested deeper than it came.
AROUND = 8
# The character NUL as JSON tells it, and not a backslash before the letters u0000.
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")

# How a version becomes known; a producer's team reads it in the dead letter.
REGISTERING = (
    "To register version {version}, write its payload as a class in the project folder's contract.py, "
    'add {version} = "contract.py:CLASS" to `models` under [contract] in project.toml, and restart the platform; '
    "`assay contract diff` says what the version breaks"
)

# The columns of one sample, as `quality.columns.row` gives them.
Row = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The sample types that producers may send, by version; `current` is tried first."""

    current: int
    versions: Mapping[int, type[AnySample]]

    @cached_property
    def compiled(self) -> Compiled | None:
        """The fast reading of the current version, where there is one."""
        return compiled(self.versions[self.current])

    def decode(self, value: bytes | None) -> AnySample | tuple[Violation, ...]:
        """Return the sample in `value`, or what keeps it from being one.

        What the contract's own validators raise is a violation too: no record may stop a partition.
        """
        try:
            return self._decode(value)
        except Exception as error:  # noqa: BLE001 - a project's code may raise anything
            return (_failed(error),)

    def _decode(self, value: bytes | None) -> AnySample | tuple[Violation, ...]:
        if not value:
            return (_violation("contract.empty", "", value, "a JSON object"),)
        if len(value) > LONGEST:
            allowed = f"at most {LONGEST} bytes, of which the dead letter keeps as many"
            return (_violation("contract.too_long", "", f"{len(value)} bytes", allowed),)
        try:
            sample = self.versions[self.current].model_validate_json(value)
        except ValidationError as error:
            return self._decode_other(value, error)
        return _storable(sample)

    def _decode_other(self, value: bytes, error: ValidationError) -> AnySample | tuple[Violation, ...]:
        """Try the version that the record names; `error` is what the current one said."""
        version = _named_version(value)
        if version is None or version == self.current:
            return _violations(error)
        if version not in self.versions:
            allowed = f"one of the versions {sorted(self.versions)}. {REGISTERING.format(version=shown(version))}"
            return (_violation("contract.unknown_version", "contract", version, allowed),)
        try:
            return _storable(self.versions[version].model_validate_json(value))
        except ValidationError as other:
            return _violations(other)


def _named_version(value: bytes) -> int | None:
    try:
        record = from_json(value)
    except ValueError:
        return None
    version = record.get("contract") if isinstance(record, dict) else None
    return version if isinstance(version, int) and not isinstance(version, bool) else None


def columns_of(sample: AnySample) -> Row | tuple[Violation, ...]:
    """Return the sample's columns, or the violation that one of its payload's computed fields raises."""
    try:
        return columns.row(sample)
    except Exception as error:  # noqa: BLE001 - a project's code may raise anything
        return (_failed(error),)


def _failed(error: Exception) -> Violation:
    return _violation("contract.failed", "", f"{type(error).__name__}: {error}", "what the contract's code can judge")


def _storable(sample: AnySample) -> AnySample | tuple[Violation, ...]:
    """Refuse what cannot be kept: PostgreSQL's text and JSON hold no NUL, and JSON neither NaN nor infinities.

    Nor what could not be read again from within an event. Fields of any type, such as `JsonValue`, let them all in.
    """
    written = sample.model_dump_json(exclude_computed_fields=True).encode()
    if b"\\u0000" in written and NUL.search(written):
        return (_violation("contract.nul_character", "", "\\u0000", "text without NUL characters"),)
    if (b"NaN" in written or b"Infinity" in written) and not _is_json(written):
        return (_violation("contract.finite_number", "", "NaN or an infinity", "finite numbers"),)
    if brackets(written) > MOST_BRACKETS and not _is_json(b"[" * AROUND + written + b"]" * AROUND):
        return (_violation("contract.nested_too_deep", "", "deep nesting", "nesting that an event's reader follows"),)
    return sample


def _is_json(written: bytes) -> bool:
    try:
        from_json(written, allow_inf_nan=False)
    except ValueError:
        return False
    return True


def _violations(error: ValidationError) -> tuple[Violation, ...]:
    details = _independent(error.errors(include_url=False))
    found = [
        _violation(
            f"contract.{detail['type']}",
            ".".join(map(str, detail["loc"])),
            detail["input"],
            detail["msg"],
        )
        for detail in details[:MOST_VIOLATIONS]
    ]
    if len(details) > MOST_VIOLATIONS:
        found.append(_violation("contract.more", "", f"{len(details)} violations in all", "none"))
    return tuple(found)


def _independent(details: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out that a list is too short where it is so just because items in it were refused."""
    above = {detail["loc"][:depth] for detail in details for depth in range(len(detail["loc"]))}
    return [detail for detail in details if not (detail["loc"] in above and _is_long_enough(detail))]


def _is_long_enough(detail: ErrorDetails) -> bool:
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _violation(rule: str, where: str, seen: object, allowed: str) -> Violation:
    return Violation(rule=rule, where=shown(where), seen=shown(seen), allowed=shown(allowed, ALLOWED))


def shown(value: object, most: int = SHOWN) -> str:
    """Return a short, printable picture of any value: its first `most` characters, the unprintable ones escaped."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    picture = (text if isinstance(text, str) else _repr(text))[:most]
    return picture if picture.isprintable() else ascii(picture)[1:-1]


def _repr(value: object) -> str:
    try:
        return repr(value)
    except ValueError:  # Python does not write out an integer of more than 4,300 digits
        return f"a huge {type(value).__name__}"
