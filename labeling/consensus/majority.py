"""Majority: every vote counts alike."""

import numpy as np

from labeling.consensus.votes import Numbers, VoteTable

METHOD = "majority"


def majority(votes: VoteTable) -> Numbers:
    """Return the share of an item's votes that each class has, (I, C); of an item without votes, 1 / C each."""
    counts = votes.counts()
    given = counts.sum(axis=1, keepdims=True)
    shares: Numbers = np.where(given > 0, counts / np.maximum(given, 1.0), 1.0 / votes.class_count)
    return shares
