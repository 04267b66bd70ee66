"""Whose drift it is: the world's, the labelers', or the guideline's.

Each of the three is asked by what it alone moves. Gold answers are known, so labels that contradict them more often are
the labelers' doing. Data is nobody's doing but the world's. Where neither has moved while labels contradict predictions
more often, it is the guideline if a version was published, else the world, in which something else is right now.
"""

from dataclasses import dataclass
from enum import StrEnum

# A question that is asked because of an alarm is answered at this level: the budget has paid for the alarm itself.
LEVEL = 0.01


class Cause(StrEnum):
    """What has changed."""

    WORLD = "world"  # the samples, or what is right about them
    LABELERS = "labelers"  # how well people answer
    GUIDELINE = "guideline"  # what they are told to answer


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What the windows of an alarm say: p-values, each corrected for what it is the least of.

    `data` is of all fields together, `errors` of audit labels that contradict predictions, `gold` of labels that
    contradict gold answers more often than before; `guideline` says whether a version was published since the baseline.
    """

    data: float = 1.0
    errors: float = 1.0
    gold: float = 1.0
    guideline: bool = False


def cause(evidence: Evidence) -> Cause:
    """Return the cause that the evidence speaks for; among several, the one that explains the others.

    Labelers who answer worse raise errors too, but move no data; a guideline raises errors from its publication on.
    """
    if evidence.gold <= LEVEL and evidence.gold <= evidence.data:
        return Cause.LABELERS
    if evidence.guideline and evidence.errors <= LEVEL < evidence.data:
        return Cause.GUIDELINE
    return Cause.WORLD
