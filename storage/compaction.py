"""Which files of a lake table to merge, and which to remove. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from math import log

# Beyond half of this a data file is large enough to be left alone.
TARGET_BYTES = 32 * 2**20
# This many files of about one size are merged: a row is rewritten once for each time its file grows so many times.
FAN = 16
# A fan that merges whatever can be merged.
MERGE_ALL = 2
# Files smaller than TARGET_BYTES / FAN ** TIERS are all of one size: opening them costs more than reading them.
TIERS = 2


def plan(sizes: Mapping[str, int], *, target: int = TARGET_BYTES, fan: int = FAN) -> list[tuple[str, ...]]:
    """Return groups of files to merge, each of at least two; `sizes` are bytes by path.

    Where nothing is planned there are less than `fan` files in each of `TIERS` + 1 tiers, beside the large ones.
    """
    tiers: dict[int, list[str]] = {}
    for path, size in sorted(sizes.items(), key=lambda item: (item[1], item[0])):
        if size < target / 2:
            tiers.setdefault(min(TIERS, int(log(target / max(size, 1), FAN))), []).append(path)
    crowded = [paths for paths in tiers.values() if len(paths) >= fan]
    return [group for paths in crowded for group in _cut(paths, sizes, target) if len(group) > 1]


def due(unnamed: Iterable[str], since: Mapping[str, float], *, now: float, grace: float) -> dict[str, bool]:
    """Say of each file that no snapshot names whether it has been so for `grace` seconds; `since` says how long."""
    return {path: now - since.get(path, now) >= grace for path in unnamed}


def _cut(paths: Sequence[str], sizes: Mapping[str, int], target: int) -> list[tuple[str, ...]]:
    """Cut a list of files into groups of about `target` bytes."""
    groups: list[list[str]] = [[]]
    filled = 0
    for path in paths:
        if filled >= target:
            groups.append([])
            filled = 0
        groups[-1].append(path)
        filled += sizes[path]
    return [tuple(group) for group in groups]
