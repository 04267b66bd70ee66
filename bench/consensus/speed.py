"""What one label costs the running consensus when it has a million, and how near it is to the batch."""

import time
from typing import Any

import numpy as np

from labeling.consensus.running import RunningConsensus

# Simulated: labels, tasks and labelers, of whom each is right with a probability of their own.
LABELS, TASKS, LABELERS, CLASSES = 1_000_000, 200_000, 1_000, 4
# Labels by which the cost of one is timed, after all others.
TIMED = 10_000
SEED = 0


def incremental(labels: int = LABELS) -> dict[str, Any]:
    """Return microseconds a label and what settling changes, on simulated labels."""
    rng = np.random.default_rng(SEED)
    tasks = rng.integers(0, max(labels * TASKS // LABELS, 1), labels)
    labelers = rng.integers(0, LABELERS, labels)
    truth = rng.integers(0, CLASSES, tasks.max() + 1)
    right = rng.random(labels) < rng.beta(8.0, 2.0, LABELERS)[labelers]
    answers = np.where(right, truth[tasks], rng.integers(0, CLASSES, labels))
    rows = list(zip(tasks.tolist(), labelers.tolist(), answers.tolist(), strict=True))
    running = RunningConsensus(classes=range(CLASSES))
    timed = min(TIMED, labels // 2)
    for row in rows[: labels // 2]:
        running.add(*row)
    running.settle()
    for row in rows[labels // 2 : -timed]:
        running.add(*row)
    seconds = _timed(running, rows[-timed:])
    names = list(dict.fromkeys(tasks.tolist()))
    before = np.array([running.posterior(name) for name in names])
    begun = time.perf_counter()
    batch = running.settle().posterior
    settling = time.perf_counter() - begun
    after = np.array([running.posterior(name) for name in names])
    return {
        "labels": labels,
        "us_per_label": round(1e6 * seconds / timed, 2),
        "settle_seconds": round(settling, 1),
        "same_answer_before_settling": round(float((before.argmax(1) == batch.argmax(1)).mean()), 4),
        "largest_difference_after_settling": float(f"{np.abs(after - batch).max():.2g}"),
    }


def _timed(running: RunningConsensus, rows: list[tuple[int, int, int]]) -> float:
    begun = time.perf_counter()
    for row in rows:
        running.add(*row)
    return time.perf_counter() - begun
