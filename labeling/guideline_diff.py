"""What changed between two guideline versions, in words and lines."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from schemas.answers import ClassName
from schemas.guidelines import ClassChange, Definition, Guideline
from schemas.labels import AS_PAIR


@dataclass(frozen=True, kw_only=True)
class GuidelineDiff:
    """From one version to another: `classes` and `definitions` say it in sentences, `lines` is a unified diff."""

    classes: tuple[str, ...]
    settles: tuple[Annotated[tuple[ClassName, ClassName], AS_PAIR], ...]
    definitions: tuple[str, ...]
    lines: tuple[str, ...]


def diff(versions: Sequence[Guideline]) -> GuidelineDiff:
    """Compare the first of some consecutive versions with the last of them."""
    old, new, later = versions[0], versions[-1], versions[1:]
    return GuidelineDiff(
        classes=tuple(said for version in later for said in _classes(version)),
        settles=tuple(pair for version in later for pair in version.settles),
        definitions=tuple(_definitions(old, new)),
        lines=tuple(_lines(old, new)),
    )


def _lines(old: Guideline, new: Guideline) -> Iterator[str]:
    names = f"version {old.version}", f"version {new.version}"
    return difflib.unified_diff(old.body.splitlines(), new.body.splitlines(), *names, lineterm="")


def _classes(version: Guideline) -> Iterator[str]:
    for change in version.changes:
        yield f"version {version.version}: {told(change)}"


def told(change: ClassChange) -> str:
    """Say in words what became of classes."""
    takes, gives = " and ".join(map(repr, change.takes)), " and ".join(map(repr, change.gives))
    if change.splits:
        return f"{takes} was split into {gives}"
    return f"{takes} became {gives}" if len(change.takes) == 1 else f"{takes} were merged into {gives}"


def _definitions(old: Guideline, new: Guideline) -> Iterator[str]:
    before = {definition.name: definition for definition in old.definitions}
    after = {definition.name: definition for definition in new.definitions}
    yield from (f"{name!r} is gone" for name in before if name not in after)
    for name, definition in after.items():
        if name not in before:
            yield f"{name!r} is new{_said(definition)}"
        elif definition != before[name]:
            yield f"{name!r} is defined otherwise{_said(definition)}"


def _said(definition: Definition) -> str:
    shown = len(definition.examples), len(definition.counter_examples)
    text = f": {definition.text}" if definition.text else ""
    return f"{text} ({shown[0]} examples, {shown[1]} counter-examples)"
