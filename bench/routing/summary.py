"""The figures of many seeds in one: means, and how sure they are."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from bench.routing.grid import Job, parts, stream
from bench.routing.measures import Figures, macro_f1, rare_classes
from bench.routing.model import fit
from bench.routing.sources import Source

# Bootstrap samples of the seeds, and the seed that draws them.
RESAMPLES, RESAMPLING_SEED = 10_000, 0
# The central part that an interval covers, in percent.
COVERED = 95.0
DIGITS = 4


def summary(measured: Iterable[tuple[Job, Figures]]) -> dict[str, dict[str, dict[str, dict[str, Any]]]]:
    """Return the summary of each cell's seeds, by set, budget and selector."""
    cells: dict[tuple[str, str, str], list[Figures]] = {}
    for job, figures in measured:
        cells.setdefault((job.source.name, f"{job.budget:g}", job.selector), []).append(figures)
    found: dict[str, dict[str, dict[str, dict[str, Any]]]] = {}
    for (name, budget, selector), seeds in cells.items():
        found.setdefault(name, {}).setdefault(budget, {})[selector] = _cell(seeds)
    return found


def _cell(seeds: Sequence[Figures]) -> dict[str, Any]:
    plain = ("macro_f1", "rare_recall", "rare_recall_cap", "classes_found", "near_duplicate_share", "spent")
    means: dict[str, Any] = {name: _mean([getattr(one, name) for one in seeds]) for name in plain}
    means["macro_f1_ci"] = interval([one.macro_f1 for one in seeds])
    means["classes_found_over_time"] = [
        _mean(counts) for counts in zip(*(one.classes_found_over_time for one in seeds), strict=True)
    ]
    reasons = sorted({reason for one in seeds for reason in one.hit_rates})
    if reasons:
        means["hit_rates"] = {
            reason: _mean([one.hit_rates[reason] for one in seeds if reason in one.hit_rates]) for reason in reasons
        }
    return means


def _mean(values: Sequence[float]) -> float:
    return round(float(np.mean(values)), DIGITS)


def interval(values: Sequence[float]) -> list[float]:
    """Return the 95 % percentile bootstrap interval [low, high] of the mean of values, one a seed.

    Source: Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13.
    """
    rng = np.random.default_rng(RESAMPLING_SEED)
    means = np.asarray(values)[rng.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    tail = (100.0 - COVERED) / 2
    low, high = np.percentile(means, (tail, 100.0 - tail))
    return [round(float(low), DIGITS), round(float(high), DIGITS)]


def facts(source: Source) -> dict[str, Any]:
    """Return what a set is: the stream of the first seed, and what the model reaches when all of it is labeled."""
    streamed, part = stream(source, 0), parts(source)
    counts = streamed.counts()
    model = fit(streamed.features, streamed.codes, streamed.unseen().updated(streamed.features))
    return {
        "rows": len(streamed),
        "held_out_rows": len(part.held_out),
        "features": streamed.features.shape[1],
        "classes": len(streamed.classes),
        "ordered": streamed.ordered,
        "rare_classes": {streamed.classes[code]: int(counts[code]) for code in rare_classes(counts)},
        "epsilon": round(part.epsilon, DIGITS),
        "macro_f1_all_labeled": round(macro_f1(part.held_out.codes, model.predicted(part.held_out.features)), DIGITS),
    }
