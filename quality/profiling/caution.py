"""Caution: how much rows must show before a rule is proposed."""

from dataclasses import dataclass
from math import ceil

from quality.intervals import wilson


@dataclass(frozen=True, kw_only=True)
class Caution:
    """What a rule must have behind it; the defaults prefer a rule too few to a false alarm.

    `mostly` is the share of the judged rows that must keep a rule: 1 for good rows, less where some may be bad.
    `violated` is the greatest share of rows that could break a rule which no row broke, with 95 % confidence; so it
    says how many rows a rule needs. `unseen` is the greatest estimated share of rows whose value no row had, where
    values, pairs or shapes are listed. `margin` is the part of a range by which it is widened at either end.
    """

    mostly: float = 1.0
    violated: float = 0.01
    unseen: float = 0.002
    margin: float = 0.1

    @property
    def rows(self) -> int:
        """How many rows a rule must have judged."""
        return ceil(3 / self.violated)


def violated_below(judged: int, broken: int) -> float:
    """Return an upper bound of 95 % for the share of rows that break a rule which `broken` of `judged` rows broke.

    Without a violation it is 3 / n, the rule of three: (1 - p)^n = 0.05 solved for p, as -ln 0.05 is almost 3. Else
    it is the upper end of Wilson's interval. The rule must not have been made from these rows for it to hold
    exactly: bounds and lists that were fit to them promise a little too much.

    Source: J. A. Hanley and A. Lippman-Hand, "If nothing goes wrong, is everything all right? Interpreting zero
    numerators", JAMA 249 (1983), 1743-1745.
    """
    if broken:
        return wilson(broken, judged).high
    return min(1.0, 3 / judged) if judged else 1.0


def unseen_mass(once: int, rows: int) -> float:
    """Return the estimated share of coming rows whose value no row had, of `rows` with `once` values seen once.

    It is N1 / n, Good and Turing's estimate. It presumes that rows come in no order: a file that is sorted by a
    column shows the same few values again and again, and then all the others.

    Source: I. J. Good, "The population frequencies of species and the estimation of population parameters",
    Biometrika 40 (1953), 237-264.
    """
    return once / rows if rows else 1.0
