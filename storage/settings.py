"""Where data is kept; set by `ASSAY_*` variables, or by the running stack's own file."""

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import from_json
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from schemas.errors import InputError


def stack_file() -> Path:
    """Return the file in which a running embedded stack says where its services are."""
    return Path(os.environ.get("ASSAY_VAR", "var")) / "stack.env"


class StackedSettings(BaseSettings):
    """Base of every package's settings: variables first, then the running stack's file.

    Raises:
        InputError: a setting is missing or wrong; it names the variable and what it wants.
    """

    model_config = SettingsConfigDict(env_prefix="ASSAY_", env_ignore_empty=True, frozen=True, extra="ignore")

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(_env_file=stack_file(), **values)
        except ValidationError as error:
            raise InputError(
                "\n".join(self._mend(str(detail["loc"][0]), detail["msg"]) for detail in error.errors())
            ) from None

    def variables(self) -> dict[str, str]:
        """Return every setting as the variable that sets it, so that another process has the same; holds secrets."""
        return {f"ASSAY_{name.upper()}": _text(getattr(self, name)) for name in type(self).model_fields}

    @classmethod
    def _mend(cls, name: str, message: str) -> str:
        field = cls.model_fields.get(name)
        meaning = f" ({field.description})" if field and field.description else ""
        return (
            f"ASSAY_{name.upper()}{meaning}: {message}. Set it, or run `assay up` to start a stack that sets it; "
            f"a running stack is looked for in {stack_file()}."
        )


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return json.dumps({name: _text(each) for name, each in value.items()}, sort_keys=True)
    return "" if value is None else str(value)


def _parsed(value: object) -> object:
    return from_json(value) if isinstance(value, str) else value


# Parsed here and not by pydantic-settings, whose error names neither the variable nor what it wants.
Properties = Annotated[dict[str, SecretStr], NoDecode, BeforeValidator(_parsed)]


class BuildEngine(StrEnum):
    """What joins a build's labels with the lake's samples."""

    DUCKDB = "duckdb"  # in the building process
    SPARK = "spark"  # wherever Spark's own configuration says


class StorageSettings(StackedSettings):
    """PostgreSQL and the lake."""

    database_url: SecretStr = Field(description="SQLAlchemy URL of the PostgreSQL database")
    lake: str = Field(default="var/lake", description="folder or object-store URI of the Iceberg warehouse")
    lake_properties: Properties = Field(
        default_factory=dict,  # all of them secret: an object store's key is among them
        description="further properties of pyiceberg's FileIO, as JSON: endpoint, keys",
    )
    build_engine: BuildEngine = Field(default=BuildEngine.DUCKDB, description="duckdb or spark: what joins a build")

    @property
    def file_properties(self) -> dict[str, str]:
        """The properties as pyiceberg takes them; holds secrets."""
        return {name: value.get_secret_value() for name, value in self.lake_properties.items()}
