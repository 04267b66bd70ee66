"""Where populations come from: ordered streams, scenes, texts and telemetry."""

from pathlib import Path

import numpy as np

from bench.drift.populations import Population, Source
from bench.routing import sources as labeled
from bench.routing.sets import LabeledSet, labeled_set

# Half-hours of a day, days of a month, neighbours of a telemetry stream.
DAY, MONTH, NEIGHBOURS = 48, 30, 50
# Of long vectors, the components that count as fields.
COMPONENTS = 8


def shipped(shared: Path) -> tuple[Source, ...]:
    """Return the populations that the figures are about."""
    return (
        Source(name="elec", read=elec, folder=shared / "streams_drift"),
        Source(name="weather", read=weather, folder=shared / "streams_drift"),
        Source(name="shuttle", read=shuttle, folder=shared),
        Source(name="labelme", read=labelme, folder=shared / "crowd_labelme"),
        Source(name="banking77", read=banking77, folder=shared / "banking77"),
    )


def elec(folder: Path) -> Population:
    """Read half-hours of an electricity market, drawn day by day."""
    names = ("period", "nswprice", "nswdemand", "vicprice", "vicdemand", "transfer")
    return _ordered(labeled.elec(folder), names, run=DAY, window=480, moved=2)


def weather(folder: Path) -> Population:
    """Read days of weather, whether it rains; drawn month by month."""
    table = labeled._read(folder / "weather.csv")
    found = labeled_set(labeled._numbers(table, leave=("target",)), table["target"], ordered=True)
    return _ordered(found, tuple(name for name in table if name != "target"), run=MONTH, window=300, moved=0)


def shuttle(folder: Path) -> Population:
    """Read the telemetry of river's Shuttle, drawn by neighbours."""
    found = labeled.shuttle(folder)
    names = tuple(f"sensor{place}" for place in range(1, found.features.shape[1] + 1))
    return _ordered(found, names, run=NEIGHBOURS, window=500, moved=0)


def _ordered(found: LabeledSet, names: tuple[str, ...], *, run: int, window: int, moved: int) -> Population:
    return Population(
        names=names,
        numbers=np.asarray(found.features, np.float64),
        labels=np.asarray(found.codes, np.int64),
        run=run,
        window=window,
        moved=moved,
    )


def labelme(folder: Path) -> Population:
    """Read scenes of eight kinds, by the first components of their features; in no order."""
    found = _shuffled(labeled.labelme(folder))
    names = tuple(f"component{place}" for place in range(1, COMPONENTS + 1))
    return Population(
        names=names,
        numbers=np.asarray(found.features[:, :COMPONENTS], np.float64),
        labels=np.asarray(found.codes, np.int64),
        run=1,
        window=300,
        moved=0,
    )


def banking77(folder: Path) -> Population:
    """Read questions to a bank, by their length and words; in no order."""
    found = labeled.banking77(folder)
    tables = [labeled._read(folder / name) for name in ("train.csv", "test.csv")]
    texts = [text for table in tables for text in table["text"]]
    order = np.random.default_rng(0).permutation(len(texts))
    return Population(
        names=("text.length",),
        numbers=np.array([[len(texts[place])] for place in order], np.float64),
        labels=np.asarray(found.codes, np.int64)[order],
        run=1,
        window=300,
        moved=0,
        words=tuple(tuple(texts[place].lower().split()) for place in order),
        features=np.asarray(found.features, np.float64)[order],
    )


def _shuffled(found: LabeledSet) -> LabeledSet:
    return found.rows(np.random.default_rng(0).permutation(len(found)))
