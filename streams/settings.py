"""Where the streams run; set by `ASSAY_*` variables, or by the running stack's own file."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from storage.settings import StackedSettings


class Role(StrEnum):
    """What a worker process does; scale each by starting more of it, up to the partitions."""

    SCREEN = "screen"
    KEEP = "keep"


class StreamSettings(StackedSettings):
    """The broker, the project, and how much a worker takes at once."""

    kafka_bootstrap: str = Field(description="host:port of the Kafka brokers, separated by commas")
    project: Path = Field(description="folder of the project")
    worker_id: str | None = Field(
        default=None,
        description="a name that this worker keeps over restarts, so that it gets its partitions back at once; "
        "no two workers of a role may share one",
    )
    frame_records: Annotated[int, Field(gt=0)] = Field(default=1000, description="most records of one frame")
    one_processor: bool = Field(
        default=True,
        description="keep the threads of a screening worker that take turns, as Python's do, on one processor (Linux)",
    )
    delivery_seconds: Annotated[int, Field(gt=0)] = Field(
        default=120, description="how long an output may wait for the broker before the worker gives up and restarts"
    )
    metrics_port: Annotated[int, Field(ge=0, lt=65_536)] = Field(
        default=0, description="where this worker serves its metrics to Prometheus; nowhere if 0"
    )
    metrics_host: str = Field(default="127.0.0.1", description="the address on which it serves them")
    airflow_url: SecretStr | None = Field(
        default=None, description="the Airflow that is told of new labels; without it builds keep to their timetable"
    )
    hint_seconds: Annotated[int, Field(gt=0)] = Field(
        default=600,
        description="how long new labels may wait until Airflow is told of them, and so how far hints are apart",
    )
