"""What a project watches of its stream, as `[drift]` in `project.toml` says it."""

from typing import Annotated

from pydantic import Field

from schemas.routing import ColumnName
from schemas.section import Section


class DriftPolicy(Section):
    """What is sketched of accepted samples, in windows of `window` offsets of a partition.

    `fields` are columns; by default all of the current contract, what was
    predicted, and the embedding where routing measures distances in it. `texts` are those of them
    whose words are counted, in place of whole values. Every source is sketched apart, and every value of the columns in
    `slices`. Windows are kept for `days` as they are, and then by day for `most_days`.
    """

    fields: tuple[ColumnName, ...] | None = None
    texts: tuple[ColumnName, ...] = ()
    slices: tuple[ColumnName, ...] = ()
    # What a window holds so far is part of each checkpoint, so it must not be long.
    window: Annotated[int, Field(gt=0, le=20_000)] = 2_000
    days: Annotated[int, Field(ge=1, le=3_650)] = 7
    most_days: Annotated[int, Field(ge=1, le=36_500)] = 730
