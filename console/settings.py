"""Where the API listens, and where Label Studio is; set by `ASSAY_*` variables, or by the running stack's own file."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from storage.settings import StackedSettings


class LabelStudioSettings(StackedSettings):
    """A Label Studio server that people label in; none of it where nobody does."""

    label_studio_url: str | None = Field(default=None, description="address of a Label Studio server")
    label_studio_token: SecretStr | None = Field(default=None, description="access token of a user of Label Studio")
    label_studio_callback: str | None = Field(
        default=None, description="address of our API as Label Studio reaches it; without it no webhook is made"
    )
    label_studio_tasks: Annotated[int, Field(ge=1, le=10_000)] = Field(
        default=200, description="most tasks that stand in Label Studio at once"
    )


class ConsoleSettings(LabelStudioSettings):
    """The address of the API and the project that it serves."""

    api_host: str = Field(default="127.0.0.1", description="address on which the API listens")
    api_port: Annotated[int, Field(ge=1, le=65535)] = Field(default=8400, description="port of the API")
    api_body_bytes: Annotated[int, Field(gt=0)] = Field(
        default=262_144, description="longest request body that the API reads"
    )
    project: Path = Field(description="folder of the project")
