"""The contract check: bytes in, a typed sample or every violation out."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import from_json

from schemas.samples import AnySample
from schemas.verdicts import Violation

# A value is shown so far and no further: a dead letter keeps the original anyway.
SHOWN = 120
# Further errors of one record say nothing new, and a hostile record could have a million.
MOST_VIOLATIONS = 100


@dataclass(frozen=True, kw_only=True)
class Contract:
    """The sample types that producers may send, by version; `current` is tried first."""

    current: int
    versions: Mapping[int, type[AnySample]]

    def decode(self, value: bytes | None) -> AnySample | tuple[Violation, ...]:
        """Return the sample in `value`, or what keeps it from being one."""
        if not value:
            return (_violation("contract.empty", "", value, "a JSON object"),)
        try:
            sample = self.versions[self.current].model_validate_json(value)
        except ValidationError as error:
            return self._decode_other(value, error)
        return _without_nul(value, sample)

    def _decode_other(self, value: bytes, error: ValidationError) -> AnySample | tuple[Violation, ...]:
        """Try the version that the record names; `error` is what the current one said."""
        version = _named_version(value)
        if version is None or version == self.current:
            return _violations(error)
        if version not in self.versions:
            allowed = f"one of the versions {sorted(self.versions)}"
            return (_violation("contract.unknown_version", "contract", version, allowed),)
        try:
            return _without_nul(value, self.versions[version].model_validate_json(value))
        except ValidationError as other:
            return _violations(other)


def _named_version(value: bytes) -> int | None:
    try:
        record = from_json(value)
    except ValueError:
        return None
    version = record.get("contract") if isinstance(record, dict) else None
    return version if isinstance(version, int) and not isinstance(version, bool) else None


def _without_nul(value: bytes, sample: AnySample) -> AnySample | tuple[Violation, ...]:
    """PostgreSQL's text and JSON cannot hold the character NUL, so no sample may."""
    if b"\\u0000" not in value or b"\\u0000" not in sample.model_dump_json().encode():
        return sample
    return (_violation("contract.nul_character", "", "\\u0000", "text without NUL characters"),)


def _violations(error: ValidationError) -> tuple[Violation, ...]:
    details = error.errors(include_url=False, include_context=False)
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


def _violation(rule: str, where: str, seen: object, allowed: str) -> Violation:
    return Violation(rule=rule, where=where, seen=shown(seen), allowed=allowed)


def shown(value: object) -> str:
    """Return a short, printable picture of any value."""
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    picture = text if isinstance(text, str) else repr(text)
    return ascii(picture[:SHOWN])[1:-1] if not picture[:SHOWN].isprintable() else picture[:SHOWN]
