"""Patterns of disagreement that the guideline should settle: found in labels, each tested against chance."""

from labeling.findings.boxes import one_or_many, tight_or_loose
from labeling.findings.confusion import confused_pairs
from labeling.findings.slices import disputed_slices
from labeling.findings.text import letter_case, optional_tokens

__all__ = ["confused_pairs", "disputed_slices", "letter_case", "one_or_many", "optional_tokens", "tight_or_loose"]
