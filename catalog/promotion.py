"""Whether a model takes the place of the one in production: only if it is not worse."""

from collections.abc import Mapping, Sequence

from catalog.comparison import Comparison
from schemas.project import RetrainingPolicy
from schemas.verdicts import Event

WHOLE = "all gold rows"


class Check(Event):
    """One thing at which a model must not be worse: all gold rows, or those of a guarded slice.

    It is not worse where, with 95 % certainty, its gain is more than minus the margin. That the gain is positive, or
    not significantly negative, would not do: the one may be chance, and the other is what too few rows always show.

    Sources: W. C. Blackwelder, "Proving the null hypothesis in clinical trials", Controlled Clinical Trials 3 (1982),
    345-353; the bound is that of Newcombe (1998) for paired shares (`quality.intervals`).
    """

    name: str
    test: int
    gain: float
    bound: float
    margin: float
    ok: bool

    @property
    def text(self) -> str:
        """What was found, in words."""
        found = f"{self.name}: gain {100 * self.gain:+.1f} points on {self.test} gold rows, at least "
        return f"{found}{100 * self.bound:+.1f} with 95 % certainty, margin {100 * self.margin:g}"


class Promotion(Event):
    """Whether a model was promoted, which it is if every check holds; `against` is the model in production then."""

    promoted: bool
    against: str
    checks: tuple[Check, ...]

    @property
    def why(self) -> str:
        """What decided, in words."""
        if self.promoted:
            return f"promoted: not worse than the model of {self.against}, on {_listed(self.checks)}"
        failed = [check for check in self.checks if not check.ok]
        return f"not promoted: it may be worse than the model of {self.against}, on {_listed(failed)}"


def judge(against: str, whole: Comparison, guarded: Mapping[str, Comparison], policy: RetrainingPolicy) -> Promotion:
    """Return whether a model is promoted, by its comparisons with the one in production."""
    slices = (_check(name, found, policy.slice_margin) for name, found in guarded.items())
    checks = (_check(WHOLE, whole, policy.margin), *slices)
    return Promotion(promoted=all(check.ok for check in checks), against=against, checks=checks)


def _check(name: str, found: Comparison, margin: float) -> Check:
    ok = found.bound > -margin
    return Check(name=name, test=found.test, gain=found.gain.estimate, bound=found.bound, margin=margin, ok=ok)


def _listed(checks: Sequence[Check]) -> str:
    return "; ".join(check.text for check in checks)
