"""Which key chooses which class."""

from collections.abc import Sequence

# Keys that do something else on the page.
TAKEN = frozenset("su?+-")
IN_ORDER = "1234567890abcdefghijklmnopqrtvwxyz"
# Those of boxes, where letters draw.
DIGITS = "1234567890"


def keys_of(classes: Sequence[str], keys: str = IN_ORDER) -> dict[str, str]:
    """Return the class that each key chooses: a class of one character its own, others the next that is free.

    With more classes than keys the last ones have none; they are chosen by Tab and Enter.
    """
    own = {name.lower(): name for name in classes if len(name) == 1 and name.lower() in keys}
    named = set(own.values())
    free = (key for key in keys if key not in own)
    return own | dict(zip(free, (name for name in classes if name not in named), strict=False))
