"""What the command line works on; set by `ASSAY_*` variables, or by the running stack's own file."""

from pathlib import Path

from pydantic import Field

from storage.settings import StackedSettings

CHECKOUT = Path(__file__).resolve().parents[1]


class CommandSettings(StackedSettings):
    """The project, and where a running stack's services are; none of it where nothing runs."""

    project: Path = Field(default=CHECKOUT / "examples" / "digits", description="folder of the project")
    kafka_bootstrap: str | None = Field(default=None, description="host:port of the Kafka brokers")
