"""What an expert decides."""

from collections.abc import Sequence

from schemas.answers import Answer
from schemas.labels import Consensus, Vote, ranked

METHOD = "expert"


def adjudicated(answer: Answer, votes: Sequence[Vote], guideline: int) -> Consensus:
    """Return the consensus of a task that an expert has settled: the answer is taken for certain.

    `votes` are the labelers', which it stands above; they stay its evidence.
    """
    return Consensus(answer=answer, confidence=1.0, method=METHOD, votes=ranked(votes), guideline=guideline)
