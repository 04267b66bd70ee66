"""What the demo says of the rarest class."""

from assay.demo.tail import TailReport, tail
from quality.intervals import wilson
from schemas.verdicts import Disposition, Receipt, Run, Versions


def test_the_rarest_class_is_counted_among_what_was_accepted() -> None:
    """A rejected fox is no fox, and of four accepted samples a uniform draw of one finds a quarter."""
    receipt = Receipt(
        topic="animals",
        partition=2,
        first=0,
        next=5,
        runs=(
            Run(first=0, count=1, disposition=Disposition.REJECTED),
            Run(first=1, count=4, disposition=Disposition.ACCEPTED),
        ),
        selected=(3,),
        duplicates=(),
        versions=Versions(contract=1, suite="s", policy="p"),
    )
    answers = {(2, offset): name for offset, name in enumerate(["fox", "cat", "cat", "fox", "cat"])}
    assert tail(answers, [receipt]) == TailReport(
        rarest="fox", accepted=1, selected=1, recall=wilson(1, 1), uniform=0.25
    )
