"""How far labelers agree beyond chance."""

from collections import Counter
from collections.abc import Sequence
from math import fsum

from schemas.labels import Answer


def alpha(units: Sequence[Sequence[Answer]]) -> float | None:
    """Return Krippendorff's alpha for nominal answers, in (-1, 1]; `units` holds the answers to each task.

    Any number of answers a unit; units with fewer than two say nothing of agreement and are left out. With
    n_uc answers c in unit u, m_u = Σ_c n_uc, n_c = Σ_u n_uc and n = Σ_c n_c over the units that remain:

        D_o = 1/n · Σ_u (m_u² - Σ_c n_uc²) / (m_u - 1)
        D_e = (n² - Σ_c n_c²) / (n (n - 1))
        alpha = 1 - D_o / D_e

    None where it is undefined: no unit with two answers, or one answer only in all of them.
    Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", section C.
    """
    counted = [Counter(unit) for unit in units if len(unit) > 1]
    totals = sum(counted, Counter[Answer]())
    answers = totals.total()
    expected = answers**2 - _squares(totals)
    if expected == 0:
        return None
    observed = fsum((unit.total() ** 2 - _squares(unit)) / (unit.total() - 1) for unit in counted)
    return 1 - (answers - 1) * observed / expected


def _squares(counts: Counter[Answer]) -> int:
    return sum(count**2 for count in counts.values())
