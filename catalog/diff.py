"""What changed from one version to another, by cause."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import Field

from catalog.assembly import Entry
from catalog.manifest import Governing
from schemas.answers import Answer
from schemas.verdicts import Event

# The rule of what is dropped because its task waits for labels.
UNLABELED = "unlabeled"

_Pair = tuple[Entry, Entry]


class Relabeling(Event):
    """A sample that both versions hold with different labels."""

    sample_id: str
    was: Answer
    label: Answer


class Diff(Event):
    """The samples that differ; each stands under one cause only.

    `new` and `dropped` are in one version only. Of the others, those whose labels were given under another
    guideline version differ by `guideline`, whether or not the label did; those with another label under
    the same guideline were `relabeled`. `moved` to another split, which only a change of the recipe does. `dropped_by`
    says of those dropped which rule did it.
    """

    new: tuple[str, ...]
    dropped: tuple[str, ...]
    dropped_by: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    relabeled: tuple[Relabeling, ...]
    guideline: tuple[Relabeling, ...]
    moved: tuple[str, ...]
    unchanged: int
    governing: tuple[str, ...]  # names of what else changed: contract, suite, recipe, ...


@dataclass(frozen=True, kw_only=True)
class Version:
    """What a comparison looks at."""

    governing: Governing
    entries: Sequence[Entry]


def diff(old: Version, new: Version, left: Mapping[str, str] = MappingProxyType({})) -> Diff:
    """Compare two versions of one project, sample by sample; all lists are sorted.

    `left` says of samples why they are not in the new one; of others, nothing is known but that they have no label in
    their task's round any more.
    """
    before, after = _by_id(old.entries), _by_id(new.entries)
    causes: dict[str, list[_Pair]] = {}
    for key in sorted(before.keys() & after.keys()):
        pair = before[key], after[key]
        causes.setdefault(_cause(*pair), []).append(pair)
    dropped = sorted(before.keys() - after.keys())
    rules: dict[str, list[str]] = {}
    for key in dropped:
        rules.setdefault(left.get(key, UNLABELED), []).append(key)
    return Diff(
        new=tuple(sorted(after.keys() - before.keys())),
        dropped=tuple(dropped),
        dropped_by={rule: tuple(keys) for rule, keys in sorted(rules.items())},
        relabeled=_relabelings(causes.get("relabeled", ())),
        guideline=_relabelings(causes.get("guideline", ())),
        moved=tuple(entry.sample_id for _, entry in causes.get("moved", ())),
        unchanged=len(causes.get("unchanged", ())),
        governing=_changed(old.governing, new.governing),
    )


def _cause(old: Entry, new: Entry) -> str:
    if old.guideline != new.guideline:
        return "guideline"
    if old.label != new.label:
        return "relabeled"
    return "moved" if old.split != new.split else "unchanged"


def _by_id(entries: Iterable[Entry]) -> dict[str, Entry]:
    return {entry.sample_id: entry for entry in entries}


def _relabelings(pairs: Iterable[_Pair]) -> tuple[Relabeling, ...]:
    return tuple(Relabeling(sample_id=new.sample_id, was=old.label, label=new.label) for old, new in pairs)


def _changed(old: Governing, new: Governing) -> tuple[str, ...]:
    return tuple(name for name in Governing.model_fields if getattr(old, name) != getattr(new, name))
