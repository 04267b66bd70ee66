"""Profiling: what the columns of good rows hold, and the expectations that those speak for, with the evidence."""

from quality.profiling.caution import Caution
from quality.profiling.profile import ColumnProfile, profile
from quality.profiling.suggesting import Suggestion, steady, suggest, suite

__all__ = ["Caution", "ColumnProfile", "Suggestion", "profile", "steady", "suggest", "suite"]
