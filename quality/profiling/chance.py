"""Chance: whether columns that have nothing to do with each other could keep a relation in every row."""

from math import log

# The probability that any relation at all is proposed by accident.
ACCIDENT = 0.001


def unlikely(chance: float, rows: int, columns: int) -> bool:
    """Say whether so many rows would hardly keep a relation that each of them keeps by this chance.

    All would with probability chance^rows, which must be at most `ACCIDENT`, shared by all ordered pairs of so many
    columns (Bonferroni).
    """
    return chance == 0 or rows * log(chance) <= log(ACCIDENT / (columns * (columns - 1)))
