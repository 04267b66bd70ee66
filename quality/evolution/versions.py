"""Two versions of a payload model, compared."""

from quality.evolution.changes import Change, Evolution
from quality.evolution.compare import differences
from quality.evolution.nodes import root
from quality.evolution.places import Difference, Place
from quality.evolution.witness import witness
from schemas.samples import Payload


def evolution(old: type[Payload], new: type[Payload]) -> Evolution:
    """Return what changed from one version of a payload to another, what breaks first, and witnesses where found."""
    whole = root(old)
    found = [_shown(each, old, new) for each in differences(Place(whole, root(new)))]
    return Evolution(changes=tuple(sorted(found, key=lambda change: change.backward)))


def _shown(found: Difference, old: type[Payload], new: type[Payload]) -> Change:
    if found.change.backward:
        return found.change
    return found.change.model_copy(update={"witness": witness(found, root(old), old, new)})
