"""A candidate: an expectation that rows seem to speak for, not yet weighed against them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An expectation with its kwargs, why it is proposed, and the figures that speak for it."""

    type: str
    kwargs: Mapping[str, Any]
    why: str
    figures: Mapping[str, float] = field(default_factory=dict)
