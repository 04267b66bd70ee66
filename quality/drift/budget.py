"""The budget of false alarms: one for a project, spent evenly, window by window, over all that is measured.

Every check spends the same share, whatever happened before, as the linear spending function of Lan and DeMets (1983)
does over a trial without an end: of n checks without drift, at most `per_thousand * n / 1000` are expected to raise an
alarm, whatever fields, slices and windows depend on each other, for expectations add up. Procedures that hold the share
of false alarms among all alarms (LORD++, SAFFRON: Ramdas et al. 2017 and 2018) spend a finite sum: on a stream that has
been quiet for a thousand windows next to nothing of it is left for the next one, so a first drift that comes late would
be missed. A team that reads alarms feels how many false ones come in a month, which is what is promised here.

Sources: K. K. G. Lan and D. L. DeMets, "Discrete sequential boundaries for clinical trials", Biometrika 70 (1983);
A. Ramdas et al., "Online control of the false discovery rate with decaying memory", NeurIPS 2017.
"""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Budget:
    """How many checks of a thousand may raise a false alarm, where `checks` are made of each window.

    A project that checks several sources apart has as many checks of a window.
    """

    per_thousand: float = 5.0
    checks: int = 1

    @property
    def level(self) -> float:
        """The chance of a false alarm that one check may spend."""
        return self.per_thousand / 1_000 / self.checks
