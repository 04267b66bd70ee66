"""The fields of the guideline's editor; their behaviour is in static/editor.js."""

from collections.abc import Iterable

from markupsafe import Markup

from console.editing import written
from console.markup import Content, join, tag
from schemas.guidelines import LONGEST, Definition, Draft, Guideline


def form(now: Guideline, draft: Draft) -> Markup:
    """Return the form with the draft's text and pairs, and the classes in force."""
    body = tag("textarea", "\n", draft.body, id="body", rows=22, maxlength=LONGEST, spellcheck="true", dir="auto")
    text = [tag("label", "Text, in Markdown", for_="body"), body]
    classes = _classes(now.definitions) if now.definitions else None
    parts = [text, classes, _pairs(draft) if now.definitions else None, _reopened(draft)]
    return tag("form", parts, id="guideline-form", class_="guideline-form", data_base=now.version) + _templates()


def _classes(definitions: Iterable[Definition]) -> Content:
    note = (
        "Another name renames a class, the same name for two merges them: labels are told anew, and cost nothing. Who "
        "splits a class has its tasks labeled anew."
    )
    shown = [_class(one) for one in definitions]
    add = tag("button", "Add a class", type="button", class_="quiet", data_edit="add-class")
    return tag("section", tag("h2", "Classes"), tag("p", note, class_="note"), tag("div", shown, id="classes"), add)


def _class(one: Definition) -> Markup:
    split = tag("button", "Split it", type="button", class_="quiet", data_edit="split")
    parts = tag("div", _becomes(one), class_="parts")
    summary = tag("summary", tag("span", one.name, dir="auto", class_="isolated"))
    return tag("details", summary, parts, split, class_="defined", data_was=one.name)


def _becomes(one: Definition | None = None) -> Markup:
    fields = [
        _field(
            "Name", "name", tag("input", value=one.name if one else "", maxlength=200, data_field="name", dir="auto")
        ),
        _area("Definition", "text", one.text if one else "", 3),
        _area("Examples: a task's id a line, then what one sees", "examples", written(one.examples) if one else "", 2),
        _area("Counter-examples", "counter_examples", written(one.counter_examples) if one else "", 2),
    ]
    return tag("div", fields, class_="becomes")


def _area(label: str, name: str, text: str, rows: int) -> Markup:
    return _field(label, name, tag("textarea", "\n", text, rows=rows, data_field=name, dir="auto"))


def _field(label: str, name: str, field: Markup) -> Markup:
    return tag("label", tag("span", label), field, class_=f"field {name}")


def _pairs(draft: Draft) -> Markup:
    note = "Tasks whose labels differ in such a pair are labeled anew."
    rows = [_pair(one, other) for one, other in draft.settles]
    add = tag("button", "Add a pair", type="button", class_="quiet", data_edit="add-pair")
    names = tag("datalist", id="class-names")
    shown = tag("div", rows, id="pairs")
    return tag("section", tag("h2", "Settles"), tag("p", note, class_="note"), shown, add, names)


def _pair(one: str = "", other: str = "") -> Markup:
    fields = [
        tag("input", value=name, list="class-names", aria_label=label, data_field=place, autocomplete="off", dir="auto")
        for name, label, place in ((one, "One class", "one"), (other, "The other class", "other"))
    ]
    remove = tag("button", "Remove", type="button", class_="quiet", data_edit="remove")
    return tag("div", fields[0], tag("span", "or"), fields[1], remove, class_="pair")


def _reopened(draft: Draft) -> Markup:
    note = "For a way of drawing or writing, which no pair of classes says."
    area = tag("textarea", "\n".join(map(str, draft.reopens)), id="reopens", rows=2)
    label = tag("label", "Other tasks to label anew: an id a line", for_="reopens")
    return tag(
        "details", tag("summary", "More tasks"), tag("p", note, class_="note"), label, area, open=bool(draft.reopens)
    )


def _templates() -> Markup:
    remove = tag("button", "Remove", type="button", class_="quiet", data_edit="remove")
    fresh = tag(
        "details",
        tag("summary", "New class"),
        tag("div", _becomes(), class_="parts"),
        remove,
        open=True,
        class_="defined",
    )
    parts = {"new-class": fresh, "new-part": _becomes(), "new-pair": _pair()}
    return join([tag("template", part, id=name) for name, part in parts.items()])
