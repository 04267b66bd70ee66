"""The change of the guideline that a finding opens: what it has to settle, with the evidence, for a person to word."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

from labeling.guidelines import Pair, touches
from schemas.answers import Answer, named_in
from schemas.errors import InputError
from schemas.guidelines import LONGEST, MOST_REOPENED, Draft, Guideline
from schemas.labels import Finding, FindingKind, Vote

# What stands where a person has to write what the labelers could not know.
BLANK = "(Write here what tells them apart.)"
BLANKS = {
    FindingKind.ONE_OR_MANY: "(Write here when several get one box, and when each gets its own.)",
    FindingKind.TIGHT_OR_LOOSE: "(Write here how much room a box leaves around its object.)",
    FindingKind.PUNCTUATION: "(Write here when the mark is written, and when it is left out.)",
    FindingKind.FILLER: "(Write here when the word is written, and when it is left out.)",
    FindingKind.LETTER_CASE: "(Write here which words begin with a capital letter.)",
}
TITLES = {
    FindingKind.ONE_OR_MANY: "One box or many",
    FindingKind.TIGHT_OR_LOOSE: "How tight boxes are",
    FindingKind.PUNCTUATION: "Marks",
    FindingKind.FILLER: "Words that some leave out",
    FindingKind.LETTER_CASE: "Capital letters",
}


def opened(finding: Finding, guideline: Guideline, votes: Mapping[int, Sequence[Vote]]) -> Draft:
    """Return the draft that settles a finding; `votes` are those that count now, by task.

    A confused pair is settled itself; of a disputed slice every pair that the tasks shown disagree about. A way of
    drawing or writing settles no pair, nor does a slice whose tasks disagree about no classes: these reopen the tasks
    that are their evidence. The text of the guideline in force gets a section with the finding and the tasks that show
    it, to be completed.

    Raises:
        InputError: the guideline has no room left for the section.
    """
    pairs = _pairs(finding, votes)
    shown = ", ".join(map(str, finding.examples))
    blank = BLANKS.get(finding.kind, BLANK)
    section = f"## {_title(finding)}\n\n{blank}\n\nFound: {_said(finding)} Tasks that show it: {shown}.\n"
    body = f"{guideline.body.rstrip()}\n\n{section}"
    if len(body) > LONGEST:
        raise InputError(
            f"The guideline has no room left for the finding: shorten it to {LONGEST - len(section)} characters."
        )
    reopens = () if pairs else finding.evidence[:MOST_REOPENED]
    return Draft(base=guideline.version, body=body, settles=pairs, reopens=reopens)


def _title(finding: Finding) -> str:
    if finding.kind in TITLES:
        return ": ".join((TITLES[finding.kind], *finding.classes))
    return " or ".join(finding.classes) or "Where {} is {}".format(*finding.slice or ("", ""))


def _said(finding: Finding) -> str:
    """Return what was found, without the names of labelers: everybody reads the guideline."""
    return f"On {finding.tasks} of {finding.of} tasks labelers differ." if finding.labelers else finding.says


def _torn(answers: Collection[Answer]) -> list[Pair]:
    """Return the pairs of classes that a task's answers differ in."""
    names = sorted(set().union(*map(named_in, answers)))
    return [pair for pair in combinations(names, 2) if touches([pair], answers)]


def _pairs(finding: Finding, votes: Mapping[int, Sequence[Vote]]) -> tuple[Pair, ...]:
    if finding.kind is FindingKind.CONFUSION:
        one, other = finding.classes
        return ((one, other),)
    if finding.kind is FindingKind.SLICE:
        answers = [{vote.answer for vote in votes.get(task, ())} for task in finding.examples]
        return tuple(sorted({pair for given in answers for pair in _torn(given)}))
    return ()
