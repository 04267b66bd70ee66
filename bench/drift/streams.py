"""Streams drawn from a population, quiet or with a planted shift.

Whole runs of rows are drawn with replacement, so neighbours resemble each other as they did while nothing drifts from
window to window: the moving-block bootstrap of Kunsch (1989), "The jackknife and the bootstrap for general stationary
observations", Annals of Statistics 17. What differs between the windows of a quiet stream is chance, by construction.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bench.drift.populations import Codes, Floats, Population
from bench.drift.tables import NONE, Table
from quality.drift.cause import Cause
from quality.sketches.fields import Series

Mask = NDArray[np.bool_]

# Windows of the reference; quiet ones before a shift; those that it lasts; and those of a stream without one.
REFERENCE, BEFORE, AFTER, QUIET = 30, 5, 20, 60
# Values of the attribute that slices are made of, dealt at random.
SITES = 5
# The share of the records that is audited, that labelers get as gold, and how often a labeler is wrong.
AUDITED, GOLD, WRONG = 0.2, 0.1, 0.1


@dataclass(frozen=True, kw_only=True)
class Stream:
    """Records (n,) of windows of equal length, the reference's first; an onset is the first shifted window's place.

    - rows: which rows of the population they are
    - truth, answers: what is right under the guideline in force, and what a labeler would say
    - top, confidence: what the model says, with its score
    - audited, gold: which records have an audit label, or are gold
    """

    numbers: Floats
    rows: Codes
    sites: Codes
    truth: Codes
    answers: Codes
    top: Codes
    confidence: Floats
    audited: Mask
    gold: Mask
    window: int
    onset: int | None = None
    guideline: bool = False


@dataclass(frozen=True, kw_only=True)
class Shift:
    """A planted shift: what it does to the shifted records, how much, and what caused it."""

    plant: Callable[[Population, Stream, Mask, float, np.random.Generator], Stream]
    size: float
    cause: Cause


def drawn(population: Population, shift: Shift | None, seed: int) -> Stream:
    """Return the stream that a seed draws."""
    rng = np.random.default_rng(seed)
    windows = REFERENCE + (QUIET if shift is None else BEFORE + AFTER)
    count = windows * population.window
    starts = rng.integers(population.learnt, len(population.labels) - population.run + 1, -(-count // population.run))
    rows = (starts[:, None] + np.arange(population.run)).ravel()[:count]
    draws = rng.random((count, 2))
    plain = Stream(
        numbers=population.numbers[rows],
        rows=rows,
        sites=rng.integers(0, SITES, count),
        truth=population.labels[rows],
        answers=rows,
        top=rows,
        confidence=draws[:, 0],
        audited=draws[:, 0] < AUDITED,
        gold=draws[:, 1] < GOLD,
        window=population.window,
    )
    wrong = np.full(count, WRONG)
    if shift is not None:
        onset = REFERENCE + BEFORE
        shifted = np.arange(count) >= onset * population.window
        plain = replace(shift.plant(population, plain, shifted, shift.size, rng), onset=onset)
        wrong += shift.size * (shifted & (shift.cause is Cause.LABELERS))
    return _answered(population, plain, wrong, rng)


def _answered(population: Population, stream: Stream, wrong: Floats, rng: np.random.Generator) -> Stream:
    """Return the stream with what the model and a labeler, who is wrong that often, say."""
    top, confidence = population.predicted(stream.rows, stream.numbers)
    other = (stream.truth + rng.integers(1, population.classes, len(wrong))) % population.classes
    answers = np.where(rng.random(len(wrong)) < wrong, other, stream.truth)
    return replace(stream, top=top, confidence=confidence, answers=answers)


def table(population: Population, stream: Stream) -> Table:
    """Return a stream as every method meets it."""
    columns: dict[str, Series] = {name: stream.numbers[:, place] for place, name in enumerate(population.names)}
    columns["prediction.top"] = stream.top.astype(str).tolist()
    columns["prediction.confidence"] = stream.confidence
    if population.words:
        columns["text.words"] = [population.words[row] for row in stream.rows]
    return Table(
        columns=columns,
        window=stream.window,
        reference=REFERENCE,
        attributes={"site": stream.sites.astype(str).tolist()},
        confidence=stream.confidence,
        wrong=np.where(stream.audited, (stream.answers != stream.top).astype(np.int64), NONE),
        gold=np.where(stream.gold, (stream.answers != stream.truth).astype(np.int64), NONE)
        if stream.gold.any()
        else None,
    )


def in_order(population: Population) -> Stream:
    """Return the rows of a population after those that the model learnt, in the order in which they came."""
    rows = np.arange(population.learnt, len(population.labels))
    rng = np.random.default_rng(0)
    top, confidence = population.predicted(rows, population.numbers[rows])
    return Stream(
        numbers=population.numbers[rows],
        rows=rows,
        sites=rng.integers(0, SITES, len(rows)),
        truth=population.labels[rows],
        answers=population.labels[rows],
        top=top,
        confidence=confidence,
        audited=rng.random(len(rows)) < AUDITED,
        gold=np.zeros(len(rows), bool),
        window=population.window,
    )


def covariate(population: Population, stream: Stream, shifted: Mask, size: float, _: np.random.Generator) -> Stream:
    """Move a field by `size` standard deviations."""
    numbers = stream.numbers.copy()
    numbers[shifted, population.moved] += size * population.spread
    return replace(stream, numbers=numbers)


def missing(population: Population, stream: Stream, shifted: Mask, size: float, rng: np.random.Generator) -> Stream:
    """Leave a field out of a share `size` of the records."""
    numbers = stream.numbers.copy()
    numbers[shifted & (rng.random(len(shifted)) < size), population.moved] = np.nan
    return replace(stream, numbers=numbers)


def one_slice(population: Population, stream: Stream, shifted: Mask, size: float, _: np.random.Generator) -> Stream:
    """Move a field by `size` standard deviations at one site of five."""
    return covariate(population, stream, shifted & (stream.sites == 0), size, _)


def label(population: Population, stream: Stream, shifted: Mask, size: float, rng: np.random.Generator) -> Stream:
    """Replace a share `size` of the records of the most frequent class by records of the others."""
    labels = population.labels[population.learnt :]
    most = np.bincount(labels).argmax()
    others = np.flatnonzero(labels != most) + population.learnt
    out = shifted & (stream.truth == most) & (rng.random(len(shifted)) < size)
    rows = np.where(out, rng.choice(others, len(shifted)), stream.rows)
    return replace(stream, rows=rows, numbers=population.numbers[rows], truth=population.labels[rows])


def concept(population: Population, stream: Stream, shifted: Mask, size: float, rng: np.random.Generator) -> Stream:
    """Make another class right for a share `size` of the records, all of them above the median of a field."""
    above = stream.numbers[:, population.moved] >= population.middle
    out = shifted & above & (rng.random(len(shifted)) < 2 * size)
    return replace(stream, truth=np.where(out, (stream.truth + 1) % population.classes, stream.truth))


def guideline(population: Population, stream: Stream, shifted: Mask, size: float, rng: np.random.Generator) -> Stream:
    """Publish a version under which another class is right for such a share, and labelers follow it."""
    return replace(concept(population, stream, shifted, size, rng), guideline=True)


def labelers(_: Population, stream: Stream, shifted: Mask, size: float, rng: np.random.Generator) -> Stream:
    """Let labelers be wrong more often, by `size`; that is done where they answer."""
    del shifted, size, rng
    return stream


SHIFTS: Mapping[str, Shift] = {
    "covariate 0.25 sd": Shift(plant=covariate, size=0.25, cause=Cause.WORLD),
    "covariate 0.5 sd": Shift(plant=covariate, size=0.5, cause=Cause.WORLD),
    "missing 2 %": Shift(plant=missing, size=0.02, cause=Cause.WORLD),
    "label 30 %": Shift(plant=label, size=0.3, cause=Cause.WORLD),
    "one slice 1 sd": Shift(plant=one_slice, size=1.0, cause=Cause.WORLD),
    "concept 15 %": Shift(plant=concept, size=0.15, cause=Cause.WORLD),
    "labelers 15 %": Shift(plant=labelers, size=0.15, cause=Cause.LABELERS),
    "guideline 15 %": Shift(plant=guideline, size=0.15, cause=Cause.GUIDELINE),
}
