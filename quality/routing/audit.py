"""A uniform random share of everything, which keeps every estimate unbiased."""

import hashlib

# 64 bits of the hash stand for a number in [0, 1).
SPAN = 2**64


def audit(sample_id: str, share: float) -> bool:
    """Say whether the sample is in the audit share: a function of its id alone, uniform over ids."""
    digest = hashlib.blake2b(sample_id.encode(), digest_size=8, person=b"assay-audit").digest()
    return int.from_bytes(digest, "big") / SPAN < share
