"""The kinds of labels, one file each, behind one protocol: what an answer may be, and what several come to."""

from labeling.kinds.boxes import Boxes
from labeling.kinds.classification import Classification
from labeling.kinds.kind import Asked, Kind
from labeling.kinds.multilabel import Multilabel
from labeling.kinds.text import Text
from schemas.answers import AnswerKind
from schemas.project import LabelSpace

__all__ = ["Asked", "Kind", "kind_of"]


def kind_of(labels: LabelSpace) -> Kind:
    """Return the kind of a project's labels."""
    if labels.kind is AnswerKind.BOXES:
        return Boxes()
    if labels.kind is AnswerKind.TEXT:
        return Text(empty=labels.empty)
    return Multilabel(empty=labels.empty) if labels.kind is AnswerKind.MULTILABEL else Classification()
