"""How our processes end when they cannot do their work."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from schemas.errors import AssayError


@contextmanager
def explained() -> Iterator[None]:
    """End the process with status 1 and the error's text where an AssayError says what to do."""
    try:
        yield
    except AssayError as error:
        sys.exit(f"Error: {error}")
