"""What a labeler answers with: buttons of classes, boxes drawn over the sample, or a field for a text."""

from collections.abc import Mapping
from math import ceil

from markupsafe import Markup
from pydantic import JsonValue

from console.keys import DIGITS, IN_ORDER, keys_of
from console.markup import Content, tag
from schemas.answers import LONGEST_TEXT, MOST_BOXES, AnswerKind, ClassName
from storage.queue import Assignment

# Classes beside each other, and the characters of a name up to which four go beside each other on a telephone.
MOST_COLUMNS, SHORT = 6, 4
# What the dialog of keys says, beside those of every kind.
BY_CLASSES = (
    ("key of a class", "answer with it"),
    ("Enter", "confirm, where several classes may apply or the project wants it"),
)
HELP: Mapping[AnswerKind, tuple[tuple[str, str], ...]] = {
    AnswerKind.CLASSIFICATION: BY_CLASSES,
    AnswerKind.MULTILABEL: BY_CLASSES,
    AnswerKind.BOXES: (
        ("N", "a new box in the middle of the view; or drag over the image"),
        ("arrows", "move the box by a pixel of the image; without a box, the view"),
        ("Shift and arrows", "move its right and bottom sides"),
        ("Ctrl as well", "by 10 pixels"),
        ("digit", "class of the box, and of the next ones"),
        ("Tab, comma, period", "go to another box"),
        ("Delete", "delete the box"),
        ("Z", "take the last step back"),
        ("Esc", "no box"),
        ("F", "the whole image"),
        ("H", "drag the view in place of boxes"),
        ("Enter", "send the boxes; twice where there are none"),
    ),
    AnswerKind.TEXT: (
        ("Ctrl and Enter", "send the text"),
        ("Esc", "leave the field, so that the keys below count"),
    ),
}
# Buttons over the image: what it does (canvas or box), its words and its key.
DRAWS = (("new", "New box", "N"), ("delete", "Delete", "Del"), ("back", "Step back", "Z"))
LOOKS = (("closer", "Enlarge", "+"), ("farther", "Shrink", "-"), ("fit", "Whole image", "F"))
ARROWS = (("-1 0", "←", "left"), ("1 0", "→", "right"), ("0 -1", "↑", "up"), ("0 1", "↓", "down"))
SIZES = (("-1 0", "⇤", "Narrower"), ("1 0", "⇥", "Wider"), ("0 -1", "⤒", "Shorter"), ("0 1", "⤓", "Taller"))


def answering(shown: Assignment, sample: Markup, *, lease: int, confirm: bool, empty: bool) -> Markup:
    """Return a sample with what it is answered with; `lease` is how many seconds it is the labeler's."""
    at: dict[str, str | int] = {"data_assignment": str(shown.assignment_id), "data_lease": lease}
    match shown.kind:
        case AnswerKind.BOXES:
            return _boxes(shown, sample, at)
        case AnswerKind.TEXT:
            return _article(sample, at) + _writing(empty=empty)
        case _:
            return _article(sample, at) + _classes(shown, confirm=confirm)


def told(kind: AnswerKind, answer: JsonValue) -> str:
    """Return what is said of an answer that was stored."""
    if isinstance(answer, list) and kind is AnswerKind.BOXES:
        return "1 box is stored." if len(answer) == 1 else f"{len(answer) or 'No'} boxes are stored."
    if kind is AnswerKind.TEXT:
        return "The text is stored."
    named = (", ".join(map(str, answer)) or "None of them") if isinstance(answer, list) else str(answer)
    return f"{named} is stored."


def _article(sample: Markup, at: Mapping[str, str | int]) -> Markup:
    paper = tag("div", sample, class_="paper")
    return tag("article", paper, class_="sample", id="sample", aria_label="Sample", **at)


def _classes(shown: Assignment, *, confirm: bool) -> Markup:
    many = shown.kind is AnswerKind.MULTILABEL
    buttons = [_class(name, key, data_answer=name) for name, key in _keyed(shown.classes, IN_ORDER)]
    return _group(buttons, shown.classes, data_confirm=confirm or many, data_many=many)


def _boxes(shown: Assignment, sample: Markup, at: Mapping[str, str | int]) -> Markup:
    layer = tag("div", class_="layer", role="listbox", aria_label="Boxes")
    sheet = tag("div", sample, layer, class_="sheet")
    said = "Image: N begins a box, Tab goes to the next one, arrows move it"
    image = tag("article", sheet, class_="sample canvas", id="sample", aria_label=said, **at)
    buttons = [_class(name, key, data_class=name) for name, key in _keyed(shown.classes, DIGITS)]
    send = tag("button", tag("kbd", "Enter", aria_hidden="true"), tag("span", "Send"), type="button", data_draw="send")
    parts = [
        image,
        tag("p", role="status", class_="says", dir="auto"),
        _group(buttons, shown.classes),
        tag("div", [send, _group_of_tools()], class_="drawing"),
    ]
    return tag("assay-boxes", parts, data_most=MOST_BOXES)


def _group_of_tools() -> list[Markup]:
    moves = [_step(by, sign, f"Move {way}", size=False) for by, sign, way in ARROWS]
    sizes = [_step(by, sign, word, size=True) for by, sign, word in SIZES]
    stride = tag("button", "10 pixels", type="button", class_="quiet", data_draw="stride", aria_pressed="false")
    hand = _tool("hand", "Drag the view", "H", aria_pressed="false")
    other = [_tool("previous", "Box before", ","), _tool("next", "Next box", ".")]
    return [
        _tools("Box", [*(_tool(*each) for each in DRAWS), *other]),
        _tools("Move", moves),
        _tools("Size", [*sizes, stride]),
        _tools("View", [*(_tool(*each) for each in LOOKS), hand]),
    ]


def _tools(name: str, buttons: Content) -> Markup:
    return tag("div", tag("span", name, aria_hidden="true"), buttons, class_="tools", role="group", aria_label=name)


def _tool(does: str, words: str, key: str, **attributes: str) -> Markup:
    hint = tag("kbd", key, aria_hidden="true")
    return tag("button", hint, words, type="button", class_="quiet", data_draw=does, **attributes)


def _step(by: str, sign: str, words: str, *, size: bool) -> Markup:
    names = {"aria_label": words, "title": words, "class_": "quiet step"}
    return tag("button", sign, type="button", data_by=by, data_size=size, **names)


def _writing(*, empty: bool) -> Markup:
    # Nothing that a browser would put right, or send to whoever puts it right.
    plain = {"autocomplete": "off", "autocapitalize": "off", "autocorrect": "off", "spellcheck": "false"}
    field = tag("textarea", id="writing", rows=5, dir="auto", aria_describedby="writing-count", **plain)
    keys = [tag("kbd", "Ctrl"), tag("kbd", "Enter")]
    send = tag("button", tag("span", keys, aria_hidden="true"), "Send", type="button", data_send=True)
    parts = [
        tag("label", "What is said or written", for_="writing"),
        field,
        tag("p", class_="count", id="writing-count"),
        tag("p", role="status", class_="says"),
        send,
    ]
    return tag("assay-writing", parts, data_most=LONGEST_TEXT, data_empty=empty)


def _keyed(classes: tuple[ClassName, ...], keys: str) -> list[tuple[ClassName, str | None]]:
    by_name = {name: key for key, name in keys_of(classes, keys).items()}
    return [(name, by_name.get(name)) for name in classes]


def _group(buttons: list[Markup], classes: tuple[ClassName, ...], **attributes: bool) -> Markup:
    rows = ceil(len(buttons) / MOST_COLUMNS)
    return tag(
        "div",
        buttons,
        class_="classes long" if max(map(len, classes)) > SHORT else "classes",
        style=f"--columns:{ceil(len(buttons) / rows)}",
        role="group",
        aria_label="Classes",
        **attributes,
    )


def _class(name: str, key: str | None, **value: str) -> Markup:
    hint: Content = tag("kbd", key.upper(), aria_hidden="true") if key and key != name.lower() else None
    return tag("button", hint, tag("span", name, dir="auto"), type="button", aria_keyshortcuts=key, **value)
