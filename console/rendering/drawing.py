"""A sample, drawn as its project wants it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from markupsafe import Markup

from console.markup import tag
from console.rendering.image import image, photo
from console.rendering.own import enclosed
from console.rendering.series import series
from console.rendering.table import table
from console.rendering.text import text
from schemas.views import View, ViewKind

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """How the samples of one project are drawn; `renderer` is the project's own, if it has one."""

    view: View
    renderer: Callable[[Mapping[str, Any]], str] | None = None

    def draw(self, payload: Any, media: str | None = None) -> Markup:
        """Return the payload as HTML; as a table, with a note, where it is not what its view wants.

        `media` is the address of ours at which the file is had that the sample names; None where it names none.
        """
        fields = payload if isinstance(payload, dict) else {"payload": payload}
        try:
            return self._drawn(fields, media)
        except Exception as error:  # noqa: BLE001 - whatever a project's renderer raises must not stop labeling
            log.warning("sample_not_drawn", kind=self.view.kind, error=type(error).__name__)
            note = tag("p", "This sample cannot be drawn as its project wants; here are its fields.", class_="note")
            return note + table(fields)

    def _drawn(self, fields: Mapping[str, Any], media: str | None) -> Markup:
        if self.renderer is not None:
            return enclosed(self.renderer(fields))
        if self.view.media is not None:
            return photo(media)
        value = fields.get(self.view.field) if self.view.field else None
        match self.view.kind:
            case ViewKind.IMAGE:
                return image(value, self.view)
            case ViewKind.SERIES:
                return series(value)
            case ViewKind.TEXT:
                return text(str(value))
            case _:
                return table(fields)
