"""Python's search for garbage in cycles, while millions of small objects come and go that are in none."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# So many more objects than were freed are looked at together; by default 700, which took a fifth of a build's time.
YOUNG = 100_000


@contextmanager
def seldom_searched() -> Iterator[None]:
    """Search new objects seldom while the block runs, and not those that are there already."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
