"""Agreement on free text: how much of two texts is the same, once what does not matter is set aside."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from labeling.agreement.ratings import Codes, Measure, Numbers, ratio


def normalized(text: str, *, punctuation: bool = True) -> str:
    """Return a text as it is compared: Unicode NFKC, case folded, white space as single blanks.

    Without `punctuation`, characters of the Unicode categories P are blanks too, but for those between two letters
    or digits ("don't", "3.5").
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    if not punctuation:
        folded = "".join(
            " " if unicodedata.category(mark).startswith("P") and not _inside(folded, place) else mark
            for place, mark in enumerate(folded)
        )
    return re.sub(r"\s+", " ", folded).strip()


def _inside(text: str, place: int) -> bool:
    return 0 < place < len(text) - 1 and text[place - 1].isalnum() and text[place + 1].isalnum()


def distance(one: Sequence[object], other: Sequence[object]) -> int:
    """Return the least number of insertions, deletions and substitutions that make one text the other.

    A column of the table of distances is kept as two integers of one bit a row, so that a symbol costs a few
    operations on long integers. Sources: Levenshtein (1966), "Binary Codes Capable of Correcting Deletions,
    Insertions, and Reversals"; Myers (1999), "A Fast Bit-Vector Algorithm for Approximate String Matching Based on
    Dynamic Programming", JACM 46(3), in the form of Hyyrö (2003).
    """
    if not one:
        return len(other)
    full, last = (1 << len(one)) - 1, 1 << (len(one) - 1)
    places: dict[object, int] = {}
    for row, symbol in enumerate(one):
        places[symbol] = places.get(symbol, 0) | 1 << row
    # Rows at which the column's distance is one more, and one less, than in the row above.
    more, less, found = full, 0, len(one)
    for symbol in other:
        equal = places.get(symbol, 0)
        diagonal = (((equal & more) + more) ^ more) | equal | less
        up, down = less | (full & ~(diagonal | more)), more & diagonal
        found += bool(up & last) - bool(down & last)
        up, down = (up << 1 | 1) & full, down << 1 & full
        more, less = down | (full & ~(diagonal | up)), up & diagonal
    return found


def similarity(one: str, other: str) -> float:
    """Return 1 - distance / length of the longer text, in [0, 1]; 1 for two empty texts. Compares as given."""
    longer = max(len(one), len(other))
    return 1 - distance(one, other) / longer if longer else 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class TextAgreement:
    """Of each task, over pairs of labelers: the mean similarity of texts, and the share that is equal.

    `compared` is 1 where a task has two texts, and 0 where it has not, as have the others then.
    """

    compared: Numbers
    similar: Numbers
    equal: Numbers

    def __len__(self) -> int:
        return len(self.compared)

    def take(self, tasks: Codes) -> "TextAgreement":
        """Return some tasks alone."""
        return TextAgreement(compared=self.compared[tasks], similar=self.similar[tasks], equal=self.equal[tasks])

    @property
    def similarity(self) -> Measure:
        """The mean similarity of two labelers' texts; each task counts once."""
        return ratio(self.similar, self.compared)

    @property
    def exact(self) -> Measure:
        """The share of pairs of labelers that wrote the same; each task counts once."""
        return ratio(self.equal, self.compared)


def text_agreement(tasks: Sequence[Sequence[str]], *, punctuation: bool = True) -> TextAgreement:
    """Compare, task by task, the normalized texts that labelers wrote."""
    rows = [_task([normalized(text, punctuation=punctuation) for text in texts]) for texts in tasks]
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return TextAgreement(compared=columns[0], similar=columns[1], equal=columns[2])


def _task(texts: Sequence[str]) -> tuple[float, float, float]:
    found = [similarity(one, other) for one, other in combinations(texts, 2)]
    if not found:
        return 0.0, 0.0, 0.0
    return 1.0, sum(found) / len(found), found.count(1.0) / len(found)
