"""The gold test set as a project's trainer gives it, and which of its rows are in a slice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from catalog.comparison import Comparison, compare
from catalog.evaluation import SliceReport, answers_of
from catalog.slices import is_in
from schemas.answers import Answer, AnswerKind
from schemas.errors import InputError
from schemas.project import SliceRecipe


@dataclass(frozen=True, kw_only=True)
class GoldTest:
    """What models are judged by, and no labeler sees; `attributes` are empty where the trainer gives none."""

    payloads: Sequence[Mapping[str, Any]]
    truth: Sequence[Answer]
    attributes: Sequence[Mapping[str, Any]]

    @classmethod
    def of(cls, given: Sequence[Sequence[Any]], kind: AnswerKind) -> Self:
        """Return what `gold_test()` gave: (payloads, labels), or (payloads, labels, attributes).

        Raises:
            InputError: it gave something else.
        """
        if len(given) not in {2, 3} or len({len(part) for part in given}) != 1 or not len(given[0]):
            raise InputError(
                "gold_test() must return (payloads, labels) or (payloads, labels, attributes), all of one length, and "
                "one sample at least."
            )
        attributes = given[2] if len(given) > 2 else [{}] * len(given[0])  # noqa: PLR2004 - the third of three
        return cls(payloads=given[0], truth=answers_of(given[1], kind), attributes=attributes)

    def rows_in(self, one: SliceRecipe) -> list[bool]:
        """Say of each row whether it is in a slice; nothing but payload, attributes and label is known of it."""
        return [
            is_in(one, {"payload": dict(payload), "attributes": dict(attributes)}, truth)
            for payload, truth, attributes in zip(self.payloads, self.truth, self.attributes, strict=True)
        ]

    def check_guarded(self, slices: Iterable[SliceRecipe]) -> None:
        """Refuse guarded slices that no row is in: nothing could be said of them.

        Raises:
            InputError: there are some; it names them.
        """
        empty = [one.name for one in slices if one.guarded and not any(self.rows_in(one))]
        if empty:
            raise InputError(
                f"No sample of gold_test() is in {', '.join(empty)}, so nobody can say if a model is worse there. Have "
                "gold_test() return (payloads, labels, attributes) with some that are, or take `guarded` off the slice."
            )


@dataclass(frozen=True, kw_only=True)
class BySlice:
    """Two models on all rows, and on those of each slice."""

    whole: Comparison
    slices: tuple[SliceReport, ...]

    @property
    def guarded(self) -> dict[str, Comparison]:
        """The comparisons on guarded slices, by their names."""
        return {one.name: one.found for one in self.slices if one.guarded and one.found}


def by_slice(gold: GoldTest, slices: Sequence[SliceRecipe], right: Sequence[bool], baseline: Sequence[bool]) -> BySlice:
    """Compare two models of which is known on which gold rows they are right."""
    every = [True] * len(gold.truth)
    whole, *found = compare(right, baseline, [every, *map(gold.rows_in, slices)])
    if whole is None:
        raise ValueError("a gold test has one row at least")
    reports = (
        SliceReport(column=one.column, value=one.value, guarded=one.guarded, found=result)
        for one, result in zip(slices, found, strict=True)
    )
    return BySlice(whole=whole, slices=tuple(reports))
