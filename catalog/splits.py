"""Which split a row belongs to: decided by its group alone, so that no row ever changes sides."""

import hashlib
import json
from collections.abc import Mapping

from schemas.samples import Attribute

# A hash is read as a fraction of 2^64.
HASH_BYTES = 8


def fraction(salt: str, key: str) -> float:
    """Return a number in [0, 1) that is uniform over keys and always the same for one salt and key."""
    digest = hashlib.sha256(f"{salt}\x00{key}".encode()).digest()
    # The highest values would round up to 1 as a float: 53 bits are what it holds.
    return (int.from_bytes(digest[:HASH_BYTES], "big") >> 11) / 2**53


def group_of(attribute: str, attributes: Mapping[str, Attribute], sample_id: str) -> str:
    """Return the group of a sample; one without the attribute is a group of its own."""
    if attribute in attributes:
        return f"{attribute}={json.dumps(attributes[attribute], ensure_ascii=False)}"
    return f"sample_id={json.dumps(sample_id, ensure_ascii=False)}"


def split_of(group: str, shares: Mapping[str, float], *, salt: str) -> str:
    """Return the split of `group`: the shares, in the order of their names, cut [0, 1) into pieces.

    Depends on nothing but its arguments: adding groups moves none, and neither does the order of the shares.
    """
    place, bound = fraction(salt, group), 0.0
    names = [name for name in sorted(shares) if shares[name] > 0]
    for name in names:
        bound += shares[name]
        if place < bound:
            return name
    return names[-1]  # the shares sum to 1 but for rounding
