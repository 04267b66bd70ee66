"""Pairs of product records: how alike they are, in eight numbers that were made without labels."""

import re
from collections.abc import Mapping, Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from bench.consensus.sources import Rows
from labeling.consensus.votes import Numbers

WORDS = re.compile(r"[a-z0-9]+")
PRICE = re.compile(r"\d+(?:\.\d+)?")
Pair = tuple[str, str]


def described(pairs: Sequence[Pair], products: Rows) -> Numbers:
    """Return the features (n, 8) of pairs of product ids.

    Of the names: the words in common, those with a digit in common, as shares; cosines of TF-IDF by words and by
    letters; how alike their lengths are. Of names with descriptions: the cosine by words. Of prices: whether both are
    known, and their ratio.
    """
    records = {row["id"]: row for row in products}
    places = {name: place for place, name in enumerate(records)}
    names = [row["name"].lower() for row in records.values()]
    whole = [f"{row['name']} {row['description']}".lower() for row in records.values()]
    one, other = (np.array([places[pair[side]] for pair in pairs]) for side in (0, 1))
    cosines = [
        _cosines(texts, analyzer, one, other)
        for texts, analyzer in ((names, "word"), (names, "char_wb"), (whole, "word"))
    ]
    compared = np.array([_compared(records[left], records[right]) for left, right in pairs])
    return np.column_stack([compared, *cosines])


def _cosines(texts: Sequence[str], analyzer: str, one: Numbers, other: Numbers) -> Numbers:
    grams = (3, 3) if analyzer == "char_wb" else (1, 1)
    weights = TfidfVectorizer(analyzer=analyzer, ngram_range=grams, sublinear_tf=True).fit_transform(texts)
    found: Numbers = np.asarray(weights[one].multiply(weights[other]).sum(axis=1)).ravel()
    return found


def _compared(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[float, float, float, float, float]:
    words, others = (set(WORDS.findall(row["name"].lower())) for row in (one, other))
    numbers, their = ({word for word in each if any(map(str.isdigit, word))} for each in (words, others))
    lengths = sorted((len(one["name"]), len(other["name"])))
    price, its = (PRICE.search(row["price"].replace(",", "")) for row in (one, other))
    ratio = min(float(price[0]), float(its[0])) / max(float(price[0]), float(its[0]), 1e-9) if price and its else 0.0
    return (
        _shared(words, others),
        _shared(numbers, their),
        lengths[0] / max(lengths[1], 1),
        float(bool(price and its)),
        ratio,
    )


def _shared(one: set[str], other: set[str]) -> float:
    return len(one & other) / len(one | other) if one | other else 0.0
