"""Where the API listens, and where Label Studio is; set by `ASSAY_*` variables, or by the running stack's own file."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr

from storage.settings import StackedSettings

# Addresses that only this machine reaches.
LOOPBACK = ("127.0.0.1", "::1", "localhost")


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
    api_media_bytes: Annotated[int, Field(gt=0)] = Field(
        default=20_000_000, description="largest file that is shown as the image of a sample"
    )
    api_origin: Annotated[str, Field(pattern=r"^https?://[^/]+$")] | None = Field(
        default=None, description="how browsers reach the API where a proxy stands before it, as https://HOST[:PORT]"
    )
    api_proxies: str = Field(
        default="", description="addresses of proxies whose X-Forwarded-For is believed, separated by commas"
    )
    session_idle_minutes: Annotated[int, Field(ge=1, le=43_200)] = Field(
        default=60, description="minutes after which a session that is not used ends"
    )
    session_hours: Annotated[int, Field(ge=1, le=720)] = Field(
        default=12, description="hours after which a session ends, used or not"
    )
    project: Path = Field(description="folder of the project")

    @property
    def secure(self) -> bool:
        """Whether browsers reach the API by HTTPS only; they do not need to on this machine itself."""
        if self.api_origin is not None:
            return self.api_origin.startswith("https://")
        return self.api_host not in LOOPBACK
