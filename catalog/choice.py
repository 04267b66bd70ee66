"""Which of the fit candidates a version takes, judged by what is small of each."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from catalog.splits import fraction
from catalog.twins import torn
from schemas.answers import Answer


class Exclusion(StrEnum):
    """Why a labeled sample is not in the version."""

    UNSETTLED = "unsettled"  # its labels do not agree enough yet
    INCONSISTENT = "inconsistent"  # settled, but less surely, or on fewer votes, than the recipe asks
    CONTRACT = "contract"  # it came under another contract version than the current one
    CLASS = "class"  # its label names what is no class of the project any more
    RULE = "rule"  # it breaks a critical expectation of today's suite
    REPEATED = "repeated"  # another row has its sample_id
    TWIN = "twin"  # another split has nearly the same
    CAPPED = "capped"  # its class is larger than the recipe allows


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """What of a fit candidate decides whether it is a row; there may be millions.

    `content` is a digest of its payload, `vector` where that lies among others, None where nothing says.
    """

    sample_id: str
    split: str
    content: bytes
    vector: Sequence[float] | None
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The places of those that a version takes, and why the others are left: how many, and of each sample."""

    kept: Sequence[int]
    excluded: Mapping[Exclusion, int]
    left: Mapping[str, Exclusion]


def choose(
    fit: Sequence[Weighed],
    problems: Sequence[tuple[str, Exclusion]],
    *,
    salt: str,
    distance: float,
    share: float | None,
) -> Choice:
    """Choose among fit candidates, in the order of their origins; `problems` are those that are not fit, by sample.

    Of one sample_id the first counts. What has a twin on another side is left; of the two, what a model is judged by
    stays. No class gets more than `share` of the rows, where there is one.
    """
    single = _one_per_sample(fit)
    apart = _apart(fit, single, distance)
    kept = apart if share is None else _capped(fit, apart, share, salt)
    causes = [
        *problems,
        *((fit[place].sample_id, Exclusion.TWIN) for place in _without(single, apart)),
        *((fit[place].sample_id, Exclusion.CAPPED) for place in _without(apart, kept)),
    ]
    excluded = Counter(cause for _, cause in causes)
    excluded[Exclusion.REPEATED] = len(fit) - len(single)
    taken = {fit[place].sample_id for place in kept} if causes else set()
    return Choice(
        kept=kept,
        excluded={cause: count for cause, count in excluded.items() if count},
        left={sample: cause for sample, cause in causes if sample not in taken},
    )


def _one_per_sample(fit: Sequence[Weighed]) -> list[int]:
    first: dict[str, int] = {}
    for place, one in enumerate(fit):
        first.setdefault(one.sample_id, place)
    return list(first.values())


def _apart(fit: Sequence[Weighed], places: Sequence[int], distance: float) -> list[int]:
    some = [fit[place] for place in places]
    left = torn([one.split for one in some], [one.content for one in some], [one.vector for one in some], distance)
    return [place for number, place in enumerate(places) if number not in left]


def _capped(fit: Sequence[Weighed], places: Sequence[int], share: float, salt: str) -> list[int]:
    """Keep of each class those that come first by hash, so that a growing class only ever gains rows."""
    counts = Counter(fit[place].answer for place in places)
    level = cap(counts, share)
    if level >= max(counts.values(), default=0):
        return list(places)
    taken: Counter[Answer] = Counter()
    kept: list[int] = []
    for place in sorted(
        places, key=lambda place: (fraction(f"{salt}\x00cap", fit[place].sample_id), fit[place].sample_id)
    ):
        if taken[fit[place].answer] < level:
            taken[fit[place].answer] += 1
            kept.append(place)
    return sorted(kept)


def cap(counts: Mapping[Any, int], share: float) -> int:
    """Return the largest number of rows a class may have so that none exceeds `share` of all that remain.

    The largest m with min(max n, m) <= share · Σ min(n_c, m). Where even equal classes exceed the share, as
    1/2 does of three tenths, nothing is capped: rows would be thrown away and the share still not met.
    """
    most = max(counts.values(), default=0)

    def exceeds(level: int) -> bool:
        return level > share * sum(min(count, level) for count in counts.values())

    # The larger the level, the larger its share of the sum: the levels that will do come first.
    return bisect_left(range(1, most + 1), 1, key=exceeds) or most


def _without(all_of: Sequence[int], those: Sequence[int]) -> list[int]:
    kept = set(those) if len(those) < len(all_of) else all_of
    return [] if kept is all_of else [place for place in all_of if place not in kept]
