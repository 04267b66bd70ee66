"""Where the API listens; set by `ASSAY_*` variables, or by the running stack's own file."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from storage.settings import StackedSettings


class ConsoleSettings(StackedSettings):
    """The address of the API and the project that it serves."""

    api_host: str = Field(default="127.0.0.1", description="address on which the API listens")
    api_port: Annotated[int, Field(ge=1, le=65535)] = Field(default=8400, description="port of the API")
    api_body_bytes: Annotated[int, Field(gt=0)] = Field(
        default=262_144, description="longest request body that the API reads"
    )
    project: Path = Field(description="folder of the project")
