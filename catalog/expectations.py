"""Great Expectations: the one module through which it enters. Importing it takes seconds."""

import warnings
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Union, cast

import numpy as np
import pandas as pd

from catalog.gate import Verdict
from quality.columns import ATTRIBUTES
from quality.rules import columns_named
from quality.rules.columns import EXACT, Numbers
from schemas.verdicts import Severity

with warnings.catch_warnings():
    # On import it touches what Python deprecates; none of that is ours to mend.
    warnings.simplefilter("ignore", DeprecationWarning)
    import great_expectations as gx
    from great_expectations.core import ExpectationSuite
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )
    from great_expectations.exceptions.exceptions import GreatExpectationsError
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

# Great Expectations returns its results in an order of its own; this key of `meta` puts them back.
POSITION = "assay_position"
# What the types of expectations begin with that are about which columns there are.
ABOUT_COLUMNS = "expect_table_column"

# Rows as columns: how many there are, and the values of each column that one of them has.
Lot = tuple[int, Mapping[str, Sequence[object] | Numbers]]
# A column's values: of floats alone, eight bytes each.
_Values = Union[list[object], "array[float]"]


def frame(rows: Iterable[Mapping[str, object]], suite: Mapping[str, Any]) -> pd.DataFrame:
    """Return the rows of `quality.columns.row` as `framed` does."""
    every = list(rows)
    names = dict.fromkeys(name for row in every for name in row)
    return framed([(len(every), {name: [row.get(name) for row in every] for name in names})], suite)


def framed(lots: Iterable[Lot], suite: Mapping[str, Any]) -> pd.DataFrame:
    """Return lots of rows as a DataFrame, numbered from 0, with the columns that `suite` is about.

    An attribute that `suite` names and no row has is a column all the same: samples may lack any attribute.
    A column keeps its values as they are where the type that pandas would give it could change what is said of a
    single row: where there are several types, or absent values, or integers that floats would round; and where an
    expectation reads a value's text or type, or compares columns.
    """
    named = columns_named(suite)
    every = any(str(entry.get("type")).startswith(ABOUT_COLUMNS) for entry in suite.get("expectations", ()))
    columns: dict[str, _Values] = {}
    count = 0
    for size, lot in lots:
        for name in lot if every else [name for name in named if name in lot]:
            columns[name] = _with(columns.get(name) or array("d"), lot[name], count)
        count += size
    columns |= {name: [] for name in named if name.startswith(ATTRIBUTES) and name not in columns}
    order = columns if every else [name for name in named if name in columns]
    made = {name: _column(_padded(columns[name], count), as_is=named.get(name, False)) for name in order}
    return pd.DataFrame(made, index=pd.RangeIndex(count))


def _with(values: _Values, more: Sequence[object] | Numbers, count: int) -> _Values:
    """Return the column with the values of a lot that begins at its row `count`; lots that were passed over are absent.

    Texts that repeat are kept once.
    """
    floats = isinstance(more, np.ndarray)
    if isinstance(values, array) and len(values) == count and (floats or set(map(type, more)) <= {float}):
        values.frombytes(np.asarray(more, np.float64).tobytes())
        return values
    known: dict[object, object] = {}
    listed = more.tolist() if isinstance(more, np.ndarray) else more
    found: list[object] = list(values) if isinstance(values, array) else values
    found.extend([None] * (count - len(found)))
    found.extend(known.setdefault(one, one) if type(one) is str else one for one in listed)
    return found


def _padded(values: _Values, count: int) -> _Values:
    absent = count - len(values)
    return values if absent == 0 else [*values, *[None] * absent]


def _column(values: _Values, *, as_is: bool) -> pd.Series:
    if isinstance(values, array) and not as_is:
        return pd.Series(np.array(values, np.float64))
    kinds = {type(value) for value in values}
    kept = as_is or len(kinds) > 1 or (kinds == {int} and any(abs(cast("int", value)) >= EXACT for value in values))
    return pd.Series(list(values), dtype=object) if kept else pd.Series(list(values))


def run(suite: Mapping[str, Any], data: pd.DataFrame) -> tuple[Verdict, ...]:
    """Judge `data` by a plain Great Expectations suite; return a verdict for each expectation, in its order."""
    return validate(suite, data)[0]


def validate(suite: Mapping[str, Any], data: pd.DataFrame) -> tuple[tuple[Verdict, ...], dict[str, Any]]:
    """Judge as `run` does, and return the verdicts.

    Also Great Expectations' own validation result as JSON would have it, without what could not be built.

    Runs in an ephemeral context, without analytics or progress bars; nothing is stored. What cannot be judged,
    because it is unknown, not sound, or names a column that is not there, is a verdict with its `error`.
    """
    with warnings.catch_warnings():
        # It calls row conditions in text deprecated, and a pattern with groups odd; both are judged all the same.
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.filterwarnings("ignore", "This pattern is interpreted", UserWarning)
        return _run(suite, data)


def _run(suite: Mapping[str, Any], data: pd.DataFrame) -> tuple[tuple[Verdict, ...], dict[str, Any]]:
    built: dict[int, ExpectationConfiguration] = {}
    verdicts: dict[int, Verdict] = {}
    for position, entry in enumerate(suite.get("expectations", [])):
        try:
            built[position] = _configuration(entry, position)
            built[position].to_domain_obj()
        except (GreatExpectationsError, TypeError, ValueError) as error:
            built.pop(position, None)
            verdicts[position] = _failed(entry, f"it is not a sound expectation: {' '.join(str(error).split())}")
    validated = _validate(str(suite.get("name", "suite")), built.values(), data)
    for result in validated.results if validated else ():
        position = result.expectation_config.meta[POSITION]
        verdicts[position] = _verdict(suite["expectations"][position], result)
    return tuple(verdicts[position] for position in sorted(verdicts)), _document(validated)


def _document(validated: Any) -> dict[str, Any]:
    """Return the result without what differs from run to run, its expectations in the order of the suite."""
    if validated is None:
        return {}
    said: dict[str, Any] = validated.to_json_dict()
    said["results"].sort(key=lambda one: one["expectation_config"]["meta"][POSITION])
    return {**said, "id": None, "meta": {"great_expectations_version": gx.__version__}}


def _configuration(entry: Mapping[str, Any], position: int) -> ExpectationConfiguration:
    return ExpectationConfiguration(
        type=entry.get("type", ""),
        kwargs=dict(entry.get("kwargs", {})),
        meta={**(entry.get("meta") or {}), POSITION: position},
        severity=FailureSeverity(_severity(entry).value),
    )


def _validate(name: str, built: Iterable[ExpectationConfiguration], data: pd.DataFrame) -> Any:
    suite = ExpectationSuite(name=name, expectations=list(built))
    if not suite.expectations:
        return None
    asset = _context().data_sources.add_pandas("rows").add_dataframe_asset("rows")
    batch = asset.add_batch_definition_whole_dataframe("rows").get_batch({"dataframe": data})
    return batch.validate(suite, result_format="COMPLETE")


def _context() -> Any:
    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        data_docs_sites={},
        progress_bars=ProgressBarsConfig(globally=False),
    )
    return gx.get_context(mode="ephemeral", project_config=config)


def _verdict(entry: Mapping[str, Any], result: Any) -> Verdict:
    error = _exception(result.exception_info or {})
    if error is not None:
        return _failed(entry, error)
    found = result.result
    return Verdict(
        type=entry["type"],
        kwargs=dict(entry.get("kwargs", {})),
        severity=_severity(entry),
        success=bool(result.success),
        unexpected=int(found.get("unexpected_count") or 0),
        rows=tuple(int(row) for row in found.get("unexpected_index_list") or ()),
        observed=str(found["observed_value"]) if "observed_value" in found else "",
    )


def _exception(info: Mapping[str, Any]) -> str | None:
    """Return what was raised; it stands in the dict itself, or in one dict for each metric."""
    parts = [info] if "raised_exception" in info else list(info.values())
    raised = [str(part["exception_message"]) for part in parts if part.get("raised_exception")]
    return " ".join("; ".join(dict.fromkeys(raised)).split()) if raised else None


def _failed(entry: Mapping[str, Any], error: str) -> Verdict:
    return Verdict(
        type=str(entry.get("type", "an entry without type")),
        kwargs=dict(entry.get("kwargs", {})),
        severity=Severity.CRITICAL,
        success=False,
        unexpected=0,
        error=error,
    )


def _severity(entry: Mapping[str, Any]) -> Severity:
    return Severity(entry.get("severity") or Severity.CRITICAL)
