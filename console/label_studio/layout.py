"""How a project looks in Label Studio: its labeling configuration, generated from the classes."""

import re
from collections.abc import Sequence
from html import escape
from xml.sax.saxutils import quoteattr

from pydantic import JsonValue

from schemas.answers import AnswerKind, ClassName
from schemas.errors import InputError
from schemas.guidelines import Guideline
from schemas.project import LabelSpace, ProjectConfig

# The names of the only two tags: what is shown, and what is asked.
SAMPLE, ANSWER = "sample", "answer"
# A title there must have 3 to 50 characters.
LONGEST_TITLE = 50
# What XML 1.0 cannot hold, not even escaped.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def settings(project: ProjectConfig, guideline: Guideline, classes: Sequence[ClassName]) -> dict[str, JsonValue]:
    """Return what the project is set to there: what is asked by the kind of label, the guideline as its instruction.

    Label Studio goes on offering a task until as many have answered as may ever be asked; who comes too early waits
    (`storage.unleased.NoPlace`).
    """
    return {
        "title": f"Assay {project.name}"[:LONGEST_TITLE],
        "label_config": label_config(project.labels, classes),
        "expert_instruction": f'<pre style="white-space: pre-wrap">{escape(guideline.body)}</pre>',
        "show_instruction": True,
        "maximum_annotations": project.overlap.most,
    }


def label_config(labels: LabelSpace, classes: Sequence[ClassName]) -> str:
    """Return the configuration as XML: the sample, and below it what is asked. Boxes are drawn on its picture.

    Raises:
        InputError: a class has a name that XML cannot hold.
    """
    for name in classes:
        if NO_XML.search(name):
            raise InputError(f"Label Studio cannot show the class {name!r}: give it a name without control characters.")
    shown = "Image" if labels.kind is AnswerKind.BOXES else "HyperText"
    return f'<View><{shown} name="{SAMPLE}" value="${SAMPLE}"/>{_asked(labels, classes)}</View>'


def _asked(labels: LabelSpace, classes: Sequence[ClassName]) -> str:
    names = f'name="{ANSWER}" toName="{SAMPLE}"'
    required = 'required="false"' if labels.empty else 'required="true"'
    if labels.kind is AnswerKind.TEXT:
        return f'<TextArea {names} maxSubmissions="1" editable="true" rows="4" {required}/>'
    if labels.kind is AnswerKind.BOXES:
        each = "".join(f"<Label value={quoteattr(name)}/>" for name in classes)
        return f'<RectangleLabels {names} choice="single" canRotate="false">{each}</RectangleLabels>'
    number = "multiple" if labels.kind is AnswerKind.MULTILABEL else "single"
    each = "".join(f"<Choice value={quoteattr(name)}/>" for name in classes)
    return f'<Choices {names} choice="{number}" {required}>{each}</Choices>'
