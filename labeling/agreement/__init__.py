"""How far labelers agree beyond chance: one file a measure, for classes, sets of classes, numbers, boxes and text."""

from labeling.agreement.bootstrap import bootstrap
from labeling.agreement.boxes import BoxAgreement, box_agreement
from labeling.agreement.cohen import kappa
from labeling.agreement.fleiss import fleiss
from labeling.agreement.krippendorff import alpha
from labeling.agreement.ratings import Ratings
from labeling.agreement.text import TextAgreement, text_agreement

__all__ = [
    "BoxAgreement",
    "Ratings",
    "TextAgreement",
    "alpha",
    "bootstrap",
    "box_agreement",
    "fleiss",
    "kappa",
    "text_agreement",
]
