"""What a project watches of its stream, as `[drift]` in `project.toml` says it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.routing import ColumnName
from schemas.section import Section


class AlarmState(StrEnum):
    """Where an alarm of drift stands."""

    OPEN = "open"  # labels are being bought, or no one can tell yet
    CONFIRMED = "confirmed"  # labels say that it matters
    WITHDRAWN = "withdrawn"  # labels do not say that it matters


class DriftPolicy(Section):
    """What is sketched of accepted samples, in windows of `window` offsets of a partition.

    `fields` are columns; by default all of the current contract, what was
    predicted, and the embedding where routing measures distances in it. `texts` are those of them
    whose words are counted, in place of whole values. Every source is sketched apart, and every value of the columns in
    `slices`. Windows are kept for `days` as they are, and then by day for `most_days`.

    What came is checked in windows of at least `records` accepted samples and `minutes`, of all partitions together,
    against the last `reference` of them that a model was trained by, or that were quiet. Of a thousand checks
    without drift `false_alarms` may raise one. An alarm buys `labels`, which confirm it or have it withdrawn.
    """

    fields: tuple[ColumnName, ...] | None = None
    texts: tuple[ColumnName, ...] = ()
    slices: tuple[ColumnName, ...] = ()
    # What a window holds so far is part of each checkpoint, so it must not be long.
    window: Annotated[int, Field(gt=0, le=20_000)] = 2_000
    days: Annotated[int, Field(ge=1, le=3_650)] = 7
    most_days: Annotated[int, Field(ge=1, le=36_500)] = 730
    records: Annotated[int, Field(ge=30, le=10_000_000)] = 2_000
    minutes: Annotated[float, Field(ge=0, le=1_440)] = 10.0
    reference: Annotated[int, Field(ge=8, le=200)] = 30
    false_alarms: Annotated[float, Field(gt=0, le=1_000)] = 5.0
    labels: Annotated[int, Field(ge=10, le=10_000)] = 60
