"""One embedded Kafka and PostgreSQL for each process that runs tests."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from infra.testing import RunningStack, running_stack

# A machine that does other things besides must not fail a law.
settings.register_profile("shared machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared machine")
# Where several processes run tests, they inherit the terminal's width from readline, and rich would keep to it.
os.environ.pop("COLUMNS", None)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    """Return a running Kafka and PostgreSQL, shared by all tests: use topics and databases of your own."""
    with running_stack(tmp_path_factory.mktemp("stack")) as running:
        yield running
