"""Which services of a stack are ours to run: those that the user did not say are elsewhere."""

from collections.abc import Mapping
from pathlib import Path

from infra.airflow_programs import airflow
from infra.broker import kafka
from infra.postgres import postgres
from infra.programs import Program
from infra.settings import CHECKOUT
from infra.stack import Stack


def storage_services(stack: Stack) -> list[Program]:
    """Return Kafka and PostgreSQL, without the one that runs outside."""
    settings = stack.settings
    brokers = [] if settings.kafka_bootstrap else [kafka(settings, stack.ports)]
    databases = [] if settings.database_url else [postgres(settings, stack.ports)]
    return brokers + databases


def airflow_services(
    stack: Stack, *, dags: Path = CHECKOUT / "dags", environment: Mapping[str, str] | None = None
) -> list[Program]:
    """Return Airflow's programs, or none if it runs outside; `environment` reaches the tasks."""
    if stack.settings.airflow_url:
        return []
    return airflow(stack.settings, stack.ports, dags=dags, environment=environment)
