"""One stream by every method of this environment: the alarms of ours and of river, and the scores of plain tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bench.drift.ours import watched
from bench.drift.plain import METHODS, scores
from bench.drift.populations import Source
from bench.drift.streams import REFERENCE, SHIFTS, drawn, table
from bench.drift.tables import Table, write
from quality.drift.budget import Budget
from quality.drift.detectors import Detector, changes

# The name of a stream without a shift.
QUIET = "quiet"
# The seed of the first stream of a kind.
FIRST = 1_000


@dataclass(frozen=True, kw_only=True)
class Job:
    """A stream that a seed draws from a source, with a shift of `SHIFTS` or none; where its files for peers go."""

    source: Source
    shift: str
    seed: int
    budget: Budget
    folder: Path

    @property
    def name(self) -> str:
        """What the stream is called in the report."""
        return f"{self.source.name}/{self.shift}/{self.seed}"

    @property
    def number(self) -> int:
        """Which of the streams of its kind it is, from 0 on."""
        return self.seed - FIRST

    @property
    def file(self) -> Path:
        """Where peers find it."""
        return (
            self.folder / f"{self.source.name}-{self.shift.replace(' ', '_').replace('%', 'percent')}-{self.seed}.npz"
        )


def measure(job: Job) -> dict[str, Any]:
    """Return what each method says, by windows after the reference or, with a shift, from its onset on."""
    population = job.source.read(job.source.folder)
    shift = SHIFTS.get(job.shift)
    stream = drawn(population, shift, job.seed)
    seen = table(population, stream)
    begin = REFERENCE if stream.onset is None else stream.onset
    outcome = watched(seen, job.budget, onset=stream.onset, guideline=stream.guideline)
    write(seen, begin, job.file)
    return {
        "alarms": [window - begin for window in outcome.windows if window >= begin],
        "early": sum(window < begin for window in outcome.windows),
        "cause": None if outcome.cause is None else outcome.cause.value,
        "measures": [
            f"{one[0].measure.slice} {one[0].measure.field} {one[0].measure.aspect}" for one in outcome.alarms
        ],
        "scores": {name: scores(seen, begin, method) for name, method in METHODS.items()},
        "detectors": {detector.value: _changed(seen, begin, detector) for detector in Detector},
        "accuracy": _accuracy(seen, begin),
    }


def _changed(seen: Table, begin: int, detector: Detector) -> list[int]:
    """Return the windows from `begin` on in which a detector of river fires, on the audit labels from the first on."""
    assert seen.wrong is not None
    places = np.flatnonzero(seen.wrong >= 0)
    found = changes((seen.wrong[places] == 1).tolist(), detector)
    windows = {int(places[place]) // seen.window - begin for place in found}
    return sorted(window for window in windows if window >= 0)


def _accuracy(seen: Table, begin: int) -> Mapping[str, Sequence[float]]:
    """Return the accuracy to expect of the scores, and that of audit labels: in the reference, and from then on."""
    assert seen.wrong is not None
    assert seen.confidence is not None
    found: dict[str, Sequence[float]] = {}
    parts = {"before": slice(0, seen.reference * seen.window), "after": slice(begin * seen.window, None)}
    for name, places in parts.items():
        wrong = seen.wrong[places]
        audited = wrong[wrong >= 0]
        found[name] = [float(seen.confidence[places].mean()), float((audited == 0).mean())]
    return found


def jobs(sources: Sequence[Source], *, quiet: int, shifted: int, budget: Budget, folder: Path) -> list[Job]:
    """Return the streams of all sources: so many quiet ones, and so many with each shift."""
    return [
        Job(source=source, shift=shift, seed=seed, budget=budget, folder=folder)
        for source in sources
        for shift, seeds in [(QUIET, quiet), *((name, shifted) for name in SHIFTS)]
        for seed in range(FIRST, FIRST + seeds)
    ]
