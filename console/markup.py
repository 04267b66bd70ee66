"""HTML by construction: whatever is no markup yet is escaped, so nothing that came from outside can become any."""

from collections.abc import Iterable

from markupsafe import Markup, escape

Content = str | int | Iterable["Content"] | None
VOID = frozenset({"br", "hr", "img", "input", "meta"})
# Of drawings: a browser takes what follows one of these to be within it, and draws none of that, unless it is closed.
SHAPES = frozenset({"circle", "line", "path", "polyline", "rect"})


def tag(name: str, /, *content: Content, **attributes: str | float | bool | None) -> Markup:
    """Return an element; `class_` is written class, `aria_label` aria-label; None and False leave an attribute out."""
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in VOID:
        return Markup(f"<{name}{written}>")  # noqa: S704 - every part is escaped
    if name in SHAPES:
        return Markup(f"<{name}{written}/>")  # noqa: S704 - likewise
    return Markup(f"<{name}{written}>{join(content)}</{name}>")  # noqa: S704 - likewise


def join(content: Content) -> Markup:
    """Return the parts one after the other; None is nothing."""
    if content is None:
        return Markup()
    if isinstance(content, str | int):
        return escape(content)
    return Markup().join(join(part) for part in content)


def _attribute(key: str, value: str | float | bool | None) -> Markup:  # noqa: FBT001 - an attribute's value
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return Markup()
    return Markup(" {}").format(name) if value is True else Markup(' {}="{}"').format(name, value)
