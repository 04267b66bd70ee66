"""How much of the rarest class was selected, beside what a uniform draw of as many samples finds."""

from collections import Counter
from collections.abc import Iterable, Mapping

from assay.demo.faults import Place
from quality.intervals import Interval, wilson
from schemas.answers import ClassName
from schemas.verdicts import Disposition, Event, Receipt


class TailReport(Event):
    """The rarest class among the accepted samples, by their true classes, which only the simulation knows.

    `recall` is the share of its samples that was selected, with 95 %; `uniform` is what a uniform draw of as many
    samples is expected to find of it: the share of all accepted samples that was selected.
    """

    rarest: ClassName
    accepted: int
    selected: int
    recall: Interval
    uniform: float


def tail(answers: Mapping[Place, ClassName], receipts: Iterable[Receipt]) -> TailReport:
    """Return the report for samples of these true classes; equally rare classes go by name.

    Expects one accepted sample at least.
    """
    accepted: Counter[ClassName] = Counter()
    selected: Counter[ClassName] = Counter()
    for receipt in receipts:
        accepted.update(answers[receipt.partition, offset] for offset in _accepted(receipt))
        selected.update(answers[receipt.partition, offset] for offset in receipt.selected)
    rarest = min(accepted, key=lambda name: (accepted[name], name))
    return TailReport(
        rarest=rarest,
        accepted=accepted[rarest],
        selected=selected[rarest],
        recall=wilson(selected[rarest], accepted[rarest]),
        uniform=selected.total() / accepted.total(),
    )


def _accepted(receipt: Receipt) -> Iterable[int]:
    runs = [run for run in receipt.runs if run.disposition is Disposition.ACCEPTED]
    return (run.first + step for run in runs for step in range(run.count))
