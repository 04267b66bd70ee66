"""A uniform random share of everything, which keeps every estimate unbiased."""

import hashlib

# 64 bits of the hash stand for a number in [0, 1).
SPAN = 2**64


def audit(sample_id: str, share: float) -> bool:
    """Say whether the sample is in the audit share: a function of its id alone, uniform over ids."""
    return drawn(sample_id, share, "audit")


def drawn(sample_id: str, share: float, purpose: str) -> bool:
    """Say whether the sample is in the share drawn for `purpose`; draws for different purposes are independent."""
    digest = hashlib.blake2b(sample_id.encode(), digest_size=8, person=f"assay-{purpose}".encode()).digest()
    return int.from_bytes(digest, "big") < share * SPAN
