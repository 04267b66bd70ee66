"""Queries: row conditions written as text, as pandas reads them or in Great Expectations' older language."""

import ast
import re
from collections.abc import Mapping
from typing import Any

from quality.contracts import shown
from quality.rules import conditions
from quality.rules.conditions import Condition, Name
from quality.rules.rule import Kwargs
from schemas.errors import InputError

# Parts that are to be told apart before Python parses a query: texts, names in backticks, and the signs for which
# pandas reads words.
_PARTS = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`([^`]*)`|[&|]""")
_WORDS = {"&": " and ", "|": " or "}
_SIGNS: Mapping[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_NULLITY = {"isnull": True, "isna": True, "notnull": False, "notna": False}
# Great Expectations' older language: col("name") > 3, col("name") == "text", col("name").notnull().
_OLDER = re.compile(
    r"""\s*col\("([^"]*)"\)\s*(?:(\.notnull\(\))|(>=|<=|==|!=|>|<)\s*"""
    r"""(?:([+-]?\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|"(\S[^"']*)"|'(\S[^"']*)'))\s*"""
)
_LANGUAGES = (None, "pandas", "great_expectations", "great_expectations__experimental__")
UNDERSTOOD = (
    "comparisons of columns (in backticks where they are no plain names) with numbers, texts or columns, "
    "in and not in a list, .isnull(), .notnull(), and, or, not"
)


def condition(kwargs: Kwargs) -> Condition | None:
    """Return the row condition of an expectation, None where it has none.

    Raises:
        InputError: it cannot be judged on the stream, or not by Great Expectations on pandas.
    """
    given, language = kwargs.get("row_condition"), kwargs.get("condition_parser")
    if given is None:
        return None
    if isinstance(given, Mapping) and given.get("type") == "pass_through":
        given, language = given.get("pass_through_filter"), "pandas"
    elif isinstance(given, Mapping):
        return conditions.structured(given)
    if not isinstance(given, str):
        raise InputError(f"row_condition must be a condition, not {shown(given)}.")
    if language not in _LANGUAGES:
        raise InputError(f"condition_parser is {shown(language)}, and the gate judges on pandas: leave it out.")
    return _pandas(given) if language in (None, "pandas") else _older(given)


def _older(text: str) -> Condition:
    found = _OLDER.fullmatch(text)
    if found is None:
        raise InputError(f'row_condition {text!r} is not of the form col("name") > 3: write it as an object.')
    name, present, sign, number, *texts = found.groups()
    if present:
        return conditions.nullity(name, is_null=False)
    value = _number(number) if number else next(text for text in texts if text)
    return conditions.compare(Name(name), sign, conditions.plain(value))


def _number(text: str) -> float:
    try:
        return int(text)
    except ValueError:
        return float(text)


def _pandas(text: str) -> Condition:
    names: list[str] = []

    def replaced(part: re.Match[str]) -> str:
        if part[1] is None:
            return _WORDS.get(part[0], part[0])
        names.append(part[1])
        return f"_backticked_{len(names) - 1}_"

    try:
        tree = ast.parse(_PARTS.sub(replaced, text).strip(), mode="eval").body
        return _Reader({f"_backticked_{index}_": name for index, name in enumerate(names)}).read(tree)
    except (SyntaxError, ValueError, RecursionError, InputError) as error:
        raise InputError(f"row_condition {text!r} cannot be judged ({error}): use {UNDERSTOOD}.") from error


class _Reader:
    """Reads the syntax tree of a query; `names` are those that stood in backticks."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names

    def read(self, node: ast.expr) -> Condition:
        if isinstance(node, ast.BoolOp):
            parts = [self.read(part) for part in node.values]
            return conditions.both(parts) if isinstance(node.op, ast.And) else conditions.either(parts)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.Invert):
            return conditions.negated(self.read(node.operand))
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            return conditions.both([self.compare(*three) for three in zip(sides, node.ops, sides[1:], strict=False)])
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.args and not node.keywords:
            return self.nullity(node.func)
        raise InputError(f"it holds {ast.unparse(node)!r}")

    def nullity(self, node: ast.Attribute) -> Condition:
        if node.attr not in _NULLITY or not isinstance(node.value, ast.Name):
            raise InputError(f"it calls {ast.unparse(node)!r}")
        return conditions.nullity(self.name(node.value).name, is_null=_NULLITY[node.attr])

    def compare(self, left: ast.expr, sign: ast.cmpop, right: ast.expr) -> Condition:
        if (
            isinstance(sign, ast.In | ast.NotIn)
            and isinstance(left, ast.Name)
            and isinstance(right, ast.List | ast.Tuple)
        ):
            values = [self.value(part) for part in right.elts]
            return conditions.among(self.name(left).name, values, inside=isinstance(sign, ast.In))
        first, second = self.side(left), self.side(right)
        if type(sign) not in _SIGNS or not (isinstance(first, Name) or isinstance(second, Name)):
            raise InputError(f"it compares {ast.unparse(left)!r} with {ast.unparse(right)!r}")
        return conditions.compare(first, _SIGNS[type(sign)], second)

    def side(self, node: ast.expr) -> Any:
        return self.name(node) if isinstance(node, ast.Name) else self.value(node)

    def name(self, node: ast.Name) -> Name:
        return Name(self.names.get(node.id, node.id))

    def value(self, node: ast.expr) -> Any:
        try:
            value = ast.literal_eval(node)
        except ValueError as error:
            raise InputError(f"it holds {ast.unparse(node)!r}") from error
        return conditions.plain(value)
