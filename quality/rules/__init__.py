"""Rules: the row-level expectations of a Great Expectations suite, compiled to operations on columns.

The stream judges samples by these; the dataset gate runs the same suite in Great Expectations itself. For every
expectation that is compiled both find the same rows, however the rows are cut into frames.
"""

from quality.rules.judging import Judgement, judge, violations
from quality.rules.rule import Rule
from quality.rules.suite import columns_named, compile_suite
from quality.rules.windows import Statement, Window, statements, windowed

__all__ = [
    "Judgement",
    "Rule",
    "Statement",
    "Window",
    "columns_named",
    "compile_suite",
    "judge",
    "statements",
    "violations",
    "windowed",
]
