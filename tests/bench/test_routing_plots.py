"""The plots of the routing bench, drawn where matplotlib is: in .venv-bench."""

import json
import os
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
PYTHON = CHECKOUT / ".venv-bench" / "bin" / "python"
DRAW = """
import json, sys
from pathlib import Path
from bench.routing.plots import draw
draw(json.load(sys.stdin), Path({!r}))
"""


def cell(value: float) -> dict[str, object]:
    """Return the figures of a selector."""
    return {
        "macro_f1": value,
        "macro_f1_ci": [value - 0.1, value + 0.1],
        "rare_recall": value / 2,
        "rare_recall_cap": 0.9,
        "classes_found_over_time": [1.0, 2.0],
    }


@pytest.mark.skipif(not PYTHON.exists(), reason="infra/setup.sh bench makes the environment that draws")
def test_the_same_figures_give_the_same_small_pictures(tmp_path: Path) -> None:
    """Two sets, two budgets, two selectors; drawn on two days, for all that a hash knows."""
    cells = {selector: cell(value) for selector, value in (("assay", 0.8), ("random", 0.6))}
    report = {"sets": {name: dict.fromkeys(("0.01", "0.1"), cells) for name in ("one", "other")}}
    for folder, seed in (("first", "1"), ("second", "2")):
        subprocess.run(
            (PYTHON, "-c", DRAW.format(str(tmp_path / folder))),
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            input=json.dumps(report),
            text=True,
            check=True,
            timeout=120,
        )
    pictures = {file.name: file.read_bytes() for file in (tmp_path / "first").iterdir()}
    assert sorted(pictures) == ["classes_found.svg", "macro_f1.svg", "rare_recall.svg"]
    assert pictures == {file.name: file.read_bytes() for file in (tmp_path / "second").iterdir()}
    assert sum(map(len, pictures.values())) < 100_000
    assert all(b">assay<" in picture for picture in pictures.values())
