"""What an expert decides."""

from collections.abc import Sequence

from schemas.labels import Answer, Consensus, Vote

METHOD = "expert"


def adjudicated(answer: Answer, votes: Sequence[Vote], guideline: int) -> Consensus:
    """Return the consensus of a task that an expert has settled: the answer is taken for certain.

    `votes` are the labelers', which it stands above; they stay its evidence.
    """
    ranked = tuple(sorted(votes, key=lambda vote: (vote.labeler, vote.answer)))
    return Consensus(answer=answer, confidence=1.0, method=METHOD, votes=ranked, guideline=guideline)
