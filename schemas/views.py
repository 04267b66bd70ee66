"""How the console draws a sample, as `[view]` in `project.toml` says it."""

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from schemas.section import Section

# module.py:name inside the project folder
Renderer = Annotated[str, Field(pattern=r"^\w+(/\w+)*\.py:\w+$", max_length=200)]
# A folder inside the project folder
Folder = Annotated[str, Field(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$", max_length=200)]


class ViewKind(StrEnum):
    """What a sample looks like."""

    IMAGE = "image"  # numbers as grey pixels, enlarged crisply, or a file
    SERIES = "series"  # numbers as a line
    TEXT = "text"
    TABLE = "table"  # every field of the payload with its value


class View(Section):
    """What of the payload is drawn, and how; what is not said is guessed from the contract.

    `width` is how many pixels a row of an image has, without it images are square. `span` are the values of the palest
    and the strongest pixel, without it the least and the greatest of the image itself; `strongest` says whether that
    pixel is dark or light. With `media`, a folder of the project, the image is the file below it that a sample's own
    `media` names. `renderer` draws in place of all this. With `confirm` an answer chosen by key counts only
    after Enter.
    """

    kind: ViewKind | None = None
    field: str | None = None
    width: Annotated[int, Field(ge=1, le=4096)] | None = None
    span: tuple[float, float] | None = None
    strongest: Literal["dark", "light"] = "light"
    media: Folder | None = None
    renderer: Renderer | None = None
    confirm: bool = False

    @model_validator(mode="after")
    def _span_rises(self) -> Self:
        if self.span is not None and not self.span[0] < self.span[1]:
            raise ValueError(f"span = {list(self.span)} must rise")
        return self

    @model_validator(mode="after")
    def _draws_one_thing(self) -> Self:
        if self.media is not None and (self.field or self.renderer or self.kind not in (None, ViewKind.IMAGE)):
            raise ValueError("with media the sample is an image in a file: leave field, renderer and another kind out")
        return self
