"""The ids of the last samples: immutable, and cheap to add a few to."""

from collections.abc import ItemsView, Iterator, Mapping
from itertools import chain, islice

# How many ids are kept beside the others before all are written down anew.
BESIDE = 128


class RecentIds(Mapping[str, int]):
    """Ids with offsets, oldest first; offsets ascend.

    Small frames add few ids, and to copy all for each would cost more than to find duplicates. So those that came
    last stand beside the `older` ones, which many of these mappings share, and of which the first `gone` no longer
    count.
    """

    __slots__ = ("_gone", "_later", "_older")

    def __init__(self, older: Mapping[str, int], later: Mapping[str, int] | None = None, *, gone: int = 0) -> None:
        self._older = older
        self._later = later or {}
        self._gone = gone

    def __getitem__(self, name: str) -> int:
        if name in self._later:
            return self._later[name]
        offset = self._older[name]
        if offset < next(islice(self._older.values(), self._gone, None), offset + 1):
            raise KeyError(name)
        return offset

    def __iter__(self) -> Iterator[str]:
        return iter(self.written())

    def __len__(self) -> int:
        return len(self._older) - self._gone + len(self._later)

    def items(self) -> ItemsView[str, int]:
        """Return ids and offsets, oldest first."""
        return self.written().items()

    def written(self) -> dict[str, int]:
        """Return the ids as a dictionary of its own."""
        return {**dict(islice(self._older.items(), self._gone, None)), **self._later}

    def surely_lack(self, ids: Mapping[str, int]) -> bool:
        """Say whether none of `ids` is among these; false also where one was lately."""
        return self._later.keys().isdisjoint(ids) and self._older.keys().isdisjoint(ids)

    def grown(self, ids: Mapping[str, int], most: int) -> "RecentIds":
        """Return the last `most` of these and `ids`, which these surely lack."""
        later = {**self._later, **ids}
        gone = max(0, len(self._older) + len(later) - most)
        if len(later) <= BESIDE and gone <= len(self._older):
            return RecentIds(self._older, later, gone=gone)
        every = chain(islice(self._older.items(), self._gone, None), self._later.items(), ids.items())
        return RecentIds(dict(islice(every, max(0, len(self) + len(ids) - most), None)))
