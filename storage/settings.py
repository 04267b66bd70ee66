"""Where data is kept; set by `ASSAY_*` variables, or by the running stack's own file."""

import os
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import InputError


def stack_file() -> Path:
    """Return the file in which a running embedded stack says where its services are."""
    return Path(os.environ.get("ASSAY_VAR", "var")) / "stack.env"


class StackedSettings(BaseSettings):
    """Base of every package's settings: variables first, then the running stack's file.

    Raises:
        InputError: a setting is missing or wrong; it names the variable and what it wants.
    """

    model_config = SettingsConfigDict(env_prefix="ASSAY_", frozen=True, extra="ignore")

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(_env_file=stack_file(), **values)
        except ValidationError as error:
            raise InputError(
                "\n".join(self._mend(str(detail["loc"][0]), detail["msg"]) for detail in error.errors())
            ) from None

    @classmethod
    def _mend(cls, name: str, message: str) -> str:
        field = cls.model_fields.get(name)
        meaning = f" ({field.description})" if field and field.description else ""
        return (
            f"ASSAY_{name.upper()}{meaning}: {message}. Set it, or run `assay up` to start a stack that sets it; "
            f"a running stack is looked for in {stack_file()}."
        )


class StorageSettings(StackedSettings):
    """PostgreSQL and the lake."""

    database_url: SecretStr = Field(description="SQLAlchemy URL of the PostgreSQL database")
    lake: str = Field(default="var/lake", description="folder or object-store URI of the Iceberg warehouse")
    lake_properties: dict[str, str] = Field(
        default_factory=dict, description="further properties of pyiceberg's FileIO, as JSON: endpoint, keys"
    )
