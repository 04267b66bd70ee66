"""Records of a simulated production, and what is true of each."""

from dataclasses import dataclass
from typing import Any

# A sample as its producer writes it, before it is JSON.
Record = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The class that a sample has; `unclear` where the first guideline leaves room to confuse it with another."""

    answer: str
    unclear: bool = True


@dataclass(frozen=True, kw_only=True)
class Good:
    """A record as it should be."""

    record: Record
    truth: Truth
