"""PSI and two-sample tests as they are usually run: by column, on raw rows, each window against the reference."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bench.drift.tables import Table, flat

Column = NDArray[np.float64] | NDArray[np.str_]

# The bins of PSI, its usual threshold, what an empty bin counts as, and the usual level of tests.
BINS, PSI, EMPTY, LEVEL = 10, 0.2, 1e-4, 0.05


def psi(before: Column, after: Column) -> float:
    """Return the population stability index, by its threshold: of numbers in bins with equal shares of the reference.

    It is the sum of (a - b) log(a / b) over bins with shares a and b. Source: Siddiqi (2006), "Credit Risk Scorecards".
    """
    one, other = _shares(before, after)
    a, b = np.maximum(one, EMPTY), np.maximum(other, EMPTY)
    return float(((b - a) * np.log(b / a)).sum() / PSI)


def two_samples(before: Column, after: Column) -> float:
    """Return the logarithm of the p-value by that of the level: Kolmogorov and Smirnov's test, or chi-square's."""
    if before.dtype.kind == "f":
        p_value = float(stats.ks_2samp(before, after, method="asymp").pvalue)
    else:
        names = np.unique(np.concatenate([before, after]))
        counts = [[np.count_nonzero(column == name) for name in names] for column in (before, after)]
        p_value = float(stats.chi2_contingency(counts).pvalue) if len(names) > 1 else 1.0
    return float(np.log(max(p_value, 1e-300)) / np.log(LEVEL))


METHODS: Mapping[str, Callable[[Column, Column], float]] = {"psi": psi, "ks": two_samples}


def scores(table: Table, begin: int, method: Callable[[Column, Column], float]) -> list[float]:
    """Return of each window from `begin` on the greatest score of a column; above 1 the method alarms."""
    columns = flat(table)
    before = {name: _present(column[: table.reference * table.window]) for name, column in columns.items()}
    found = []
    for window in range(begin, table.windows):
        after = {name: _present(column[table.places(window)]) for name, column in columns.items()}
        found.append(
            max(method(before[name], after[name]) for name in columns if len(before[name]) and len(after[name]))
        )
    return found


def _present(column: Column) -> Column:
    return column[~np.isnan(column)] if column.dtype.kind == "f" else column[column != ""]


def _shares(before: Column, after: Column) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if before.dtype.kind == "f":
        edges = np.unique(np.quantile(before.astype(np.float64), np.linspace(0, 1, BINS + 1)[1:-1]))
        codes = [np.searchsorted(edges, column, side="right") for column in (before, after)]
        count = len(edges) + 1
    else:
        names = np.unique(np.concatenate([before, after]))
        codes = [np.searchsorted(names, column) for column in (before, after)]
        count = len(names)
    one, other = (np.bincount(code, minlength=count) / len(code) for code in codes)
    return one, other
