"""Presence: rules about whether there is a value. Every other rule of one column lets absent values be."""

import numpy as np

from quality.rules.rule import Compiled, Kwargs


def not_null(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    """Ask for a value."""
    return lambda data: data.absent(columns[0]), "a value"


def null(columns: tuple[str, ...], _: Kwargs) -> Compiled:
    """Ask for none."""
    return lambda data: np.logical_not(data.absent(columns[0])), "no value"
