"""What the embedded stack can be told, by `ASSAY_*` variables."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from infra.errors import SettingError

PREFIX = "ASSAY_"
CHECKOUT = Path(__file__).resolve().parents[1]


def absolute(path: Path) -> Path:
    """Return the path without `~`, `..` and links, relative to the folder in which we were started."""
    return path.expanduser().resolve()


def absolute_place(place: str) -> str:
    """Return a URI as it is, and a folder as `absolute` does."""
    return place if "://" in place else str(absolute(Path(place)))


def default_jars() -> Path:
    """Return the user's cache folder for jars, as the XDG base directory specification has it."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "assay" / "jars"


AbsolutePath = Annotated[Path, AfterValidator(absolute)]
Place = Annotated[str, AfterValidator(absolute_place)]
Port = Annotated[int, Field(ge=1, le=65535)]


class InfraSettings(BaseSettings):
    """Where the stack lives, and which of its services run elsewhere.

    Reads variables only, never the running stack's own file: that file is what the stack writes.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True, validate_default=True
    )

    var: AbsolutePath = Field(default=Path("var"), description="folder of all data, logs and secrets")
    kafka_bootstrap: str | None = Field(default=None, description="an outside Kafka; none is started then")
    kafka_port: Port | None = Field(default=None, description="port of the embedded Kafka; else a free one")
    database_url: SecretStr | None = Field(default=None, description="an outside PostgreSQL; none is started then")
    postgres_port: Port | None = Field(default=None, description="port of the embedded PostgreSQL; else a free one")
    api_port: Port | None = Field(default=None, description="port of the console and API; else 8400 or a free one")
    airflow_port: Port | None = Field(default=None, description="port of the embedded Airflow; else 8401 or a free one")
    airflow_url: SecretStr | None = Field(default=None, description="an outside Airflow; none is started then")
    api_host: str = Field(default="127.0.0.1", description="address on which the API listens")
    lake: Place | None = Field(default=None, description="folder or object-store URI of the lake; else a folder of var")
    lake_properties: SecretStr | None = Field(default=None, description="properties of the lake's files, as JSON")
    jars: AbsolutePath = Field(default_factory=default_jars, description="folder of the Kafka jars")
    maven_url: str | None = Field(default=None, description="a Maven repository to fetch the jars from")
    airflow_env: AbsolutePath = Field(
        default=CHECKOUT / ".venv-airflow", description="environment in which Airflow is installed"
    )


def load_settings() -> InfraSettings:
    """Return the settings of this process's environment.

    Raises:
        SettingError: A variable cannot be used; the text has a line for each, with what to set.
    """
    try:
        return InfraSettings()
    except ValidationError as error:
        lines = [_explain(str(problem["loc"][0]), problem["msg"], problem["input"]) for problem in error.errors()]
        raise SettingError("\n".join(lines)) from None


def _explain(field: str, message: str, value: object) -> str:
    described = InfraSettings.model_fields[field].description
    return f"{PREFIX}{field.upper()}={value} cannot be used: {message}. Set it to the {described}, or unset it."
