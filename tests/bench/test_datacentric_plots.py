"""What needs .venv-bench: the plots of the proof, and our label errors beside cleanlab's."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from bench.datacentric.arms import ARMS
from bench.datacentric.measures import RATES

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHON = CHECKOUT / ".venv-bench" / "bin" / "python"
DRAW = """
import json, sys
from pathlib import Path
from bench.datacentric.plots import draw
draw(json.load(sys.stdin), Path({!r}))
"""
COMPARE = """
import numpy as np
from cleanlab.filter import find_label_issues
from labeling.label_errors import suspects
rng = np.random.default_rng(0)
for classes in (2, 5, 20):
    truth = rng.integers(0, classes, 3000)
    answers = np.where(rng.random(3000) < 0.8, truth, rng.integers(0, classes, 3000))
    scores = rng.dirichlet(np.ones(classes), 3000) + 0.7 * np.eye(classes)[truth]
    scores /= scores.sum(axis=1, keepdims=True)
    theirs = find_label_issues(
        answers, scores, filter_by="confident_learning", return_indices_ranked_by="normalized_margin", n_jobs=1
    )
    ours = [one.item for one in suspects(answers, scores)]
    assert len(ours) > 100
    assert ours == theirs.tolist(), (classes, len(ours), len(theirs))
"""
needs_bench = pytest.mark.skipif(not PYTHON.exists(), reason="infra/setup.sh bench makes the environment")


def point(place: int) -> dict[str, object]:
    """Return what a point of any curve has."""
    score = 0.5 + place / 20
    return {"accuracy": score, "ci": [score - 0.1, score + 0.1], "spent": 1 + place / 5, "alpha": 1 - place / 10}


@needs_bench
def test_the_same_figures_give_the_same_small_pictures(tmp_path: Path) -> None:
    """Two sets, four questions; drawn on two days, for all that a hash knows."""
    points = [point(place) for place in range(5)]
    table = {"labels": "recorded", "metric": "accuracy"}
    table |= {"baseline": 0.7, "model_centric": 0.75, "data_centric": 0.8, "gold": 0.9}  # type: ignore[dict-item]
    curve = {"items": [1, 2, 4, 8, 16], "rates": {f"{rate:g}": {"points": points} for rate in RATES}}
    questions = {
        "table": table,
        "curve": curve,
        "consistency": {"one": points, "two": points},
        "budget": dict.fromkeys(ARMS, points),
    }
    report = {name: dict.fromkeys(("one", "other"), found) for name, found in questions.items()}
    for folder, seed in (("first", "1"), ("second", "2")):
        subprocess.run(
            (PYTHON, "-c", DRAW.format(str(tmp_path / folder))),
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            input=json.dumps(report),
            text=True,
            check=True,
        )
    drawn = sorted((tmp_path / "first").iterdir())
    assert [file.name for file in drawn] == ["budget.svg", "consistency.svg", "curve.svg", "table.svg"]
    for file in drawn:
        assert file.read_bytes() == (tmp_path / "second" / file.name).read_bytes()
        assert file.stat().st_size < 100_000


@needs_bench
def test_label_errors_are_cleanlab_s_in_its_order() -> None:
    """On simulated labels of two, five and twenty classes, ranked by margin."""
    subprocess.run((PYTHON, "-c", COMPARE), cwd=CHECKOUT, check=True)
