"""Evidently and NannyML on the same windows: run by .venv-bench-drift/bin/python, which has nothing of ours.

    python bench/drift/peers.py A.npz B.npz      writes A.json and B.json

A file holds the columns of a stream, those of the reference first: numbers as floats and categories as texts, absent
ones as NaN and empty. For each window after the reference, each peer's score is the greatest of its columns' distances,
each divided by the threshold that the peer itself sets: above 1 it would alarm for that column.
"""

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")


def evidently(reference: Any, windows: list[Any]) -> dict[str, list[float]]:
    """Return of each window the greatest score of a column, and the share of columns that drift.

    The tests are those that `DataDriftPreset` chooses by itself, called without the report that it draws, which takes
    about ten times as long and says the same.
    """
    from evidently.legacy.calculations.stattests import get_stattest  # noqa: PLC0415
    from evidently.legacy.core import ColumnType  # noqa: PLC0415

    found = []
    for window in windows:
        ratios = []
        for name in reference:
            kind = ColumnType.Numerical if reference[name].dtype.kind == "f" else ColumnType.Categorical
            before, after = reference[name].dropna(), window[name].dropna()
            test = get_stattest(before, after, kind, None)
            result = test(before, after, kind, None)
            p_value = "p_value" in test.display_name
            ratios.append(_ratio(float(result.drift_score), float(result.actual_threshold), p_value=p_value))
        found.append(ratios)
    return {
        "evidently": [max(ratios) for ratios in found],
        "evidently_share": [float(np.mean(np.array(ratios) > 1)) for ratios in found],
    }


def _ratio(value: float, threshold: float, *, p_value: bool) -> float:
    """Return a column's distance by its threshold; of p-values the ratio of their logarithms."""
    return float(np.log(max(value, 1e-300)) / np.log(threshold)) if p_value else value / threshold


def evidently_report(reference: Any, windows: list[Any]) -> float:
    """Return the greatest score of a column and the seconds that a window's report takes, by the public interface."""
    from evidently import DataDefinition, Dataset, Report  # noqa: PLC0415
    from evidently.presets import DataDriftPreset  # noqa: PLC0415

    numbers = [name for name in reference if reference[name].dtype.kind == "f"]
    definition = DataDefinition(
        numerical_columns=numbers, categorical_columns=[name for name in reference if name not in numbers]
    )
    before, *after = (Dataset.from_pandas(one, data_definition=definition) for one in (reference, *windows))
    begun = time.process_time()
    for one in after:
        Report([DataDriftPreset()]).run(one, before).dict()
    return (time.process_time() - begun) / len(after)


def nannyml(reference: Any, windows: list[Any]) -> dict[str, list[float]]:
    """Return of each window the greatest score of a column: Jensen-Shannon, by thresholds of three deviations."""
    import nannyml as nml  # noqa: PLC0415

    calculator = nml.UnivariateDriftCalculator(column_names=list(reference), chunk_size=len(windows[0]))
    calculator.fit(reference)
    found = calculator.calculate(pd.concat(windows, ignore_index=True)).filter(period="analysis").to_df()
    columns = [
        found[name, "jensen_shannon", "value"] / found[name, "jensen_shannon", "upper_threshold"]
        for name in reference
        if (name, "jensen_shannon", "value") in found
    ]
    return {"nannyml": np.nan_to_num(np.nanmax(np.stack(columns), axis=0)).tolist()}


def frame(stream: Any) -> Any:
    """Return the columns of a stream."""
    columns = {}
    for name in stream.files:
        if not name.startswith("_"):
            values = stream[name]
            columns[name] = values if values.dtype.kind == "f" else pd.Series(values).replace("", None)
    return pd.DataFrame(columns)


def main() -> None:
    """Measure streams; of the first one, the reports of three windows are timed as well."""
    for place, name in enumerate(sys.argv[1:]):
        file = Path(name)
        with np.load(file, allow_pickle=False) as stream:
            table, size, begin = frame(stream), int(stream["_window"]), int(stream["_reference"])
        reference = table.iloc[: begin * size].reset_index(drop=True)
        starts = range(begin * size, len(table) - size + 1, size)
        windows = [table.iloc[start : start + size].reset_index(drop=True) for start in starts]
        found: dict[str, Any] = {"seconds": {}}
        for peer in (evidently, nannyml):
            begun = time.process_time()
            found |= peer(reference, windows)
            found["seconds"][peer.__name__] = (time.process_time() - begun) / len(windows)
        if not place:
            found["seconds"]["evidently_report"] = evidently_report(reference, windows[:3])
        part = file.with_suffix(".part")
        part.write_text(json.dumps(found), encoding="utf-8")
        part.replace(file.with_suffix(".json"))


if __name__ == "__main__":
    main()
