"""How findings show their evidence."""

from collections.abc import Mapping

# The tasks that a finding shows.
SHOWN = 5
# The tasks that must show a convention: one alone may be a slip.
ENOUGH = 2


def best(strength: Mapping[int, float]) -> tuple[int, ...]:
    """Return the ids of the tasks of the greatest strength, the strongest first; equals in the order of their ids."""
    return tuple(sorted(strength, key=lambda task: (-strength[task], task))[:SHOWN])


def quoted(text: str) -> str:
    """Return a text as findings name it."""
    return f"“{text}”"
