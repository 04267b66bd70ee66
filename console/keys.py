"""Which key chooses which class."""

from collections.abc import Sequence

# Keys that do something else on the page.
TAKEN = frozenset("su?+-")
IN_ORDER = "1234567890abcdefghijklmnopqrtvwxyz"


def keys_of(classes: Sequence[str]) -> dict[str, str]:
    """Return the class that each key chooses: a class of one character its own, others the next that is free.

    With more classes than keys the last ones have none; they are chosen by Tab and Enter.
    """
    own = {name.lower(): name for name in classes if len(name) == 1 and name.lower() in IN_ORDER}
    named = set(own.values())
    free = (key for key in IN_ORDER if key not in own)
    return own | dict(zip(free, (name for name in classes if name not in named), strict=False))
