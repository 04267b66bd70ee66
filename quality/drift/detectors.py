"""Detectors of concept drift, one error at a time: river enters through this module.

They see the errors of predictions on audit labels in their order. Their state is worked out again from these, which are
few, whenever it is asked for; none is kept.

Sources: Bifet and Gavaldà (2007), "Learning from time-changing data with adaptive windowing"; Gama et al. (2004),
"Learning with drift detection"; Page (1954), "Continuous inspection schemes".
"""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from river import drift
from river.base.drift_detector import BinaryDriftDetector, DriftDetector


class Detector(StrEnum):
    """Which of river's detectors, with its own settings."""

    ADWIN = "adwin"  # two parts of a window of adaptive length differ
    DDM = "ddm"  # the error rate exceeds its least by three standard deviations
    PAGE_HINKLEY = "page_hinkley"  # the error exceeds its running mean by more than a sum


_MAKE: Mapping[Detector, Callable[[], DriftDetector | BinaryDriftDetector]] = {
    Detector.ADWIN: drift.ADWIN,
    Detector.DDM: drift.binary.DDM,
    Detector.PAGE_HINKLEY: lambda: drift.PageHinkley(mode="up"),
}


def changes(errors: Iterable[bool], detector: Detector) -> tuple[int, ...]:
    """Return the places of the errors at which a detector says that the rate has changed; it starts anew after each."""
    found = []
    watching = _MAKE[detector]()
    for place, error in enumerate(errors):
        watching.update(error)
        if watching.drift_detected:
            found.append(place)
            watching = _MAKE[detector]()
    return tuple(found)
