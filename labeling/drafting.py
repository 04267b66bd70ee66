"""The change of the guideline that a finding opens: what it has to settle, with the evidence, for a person to word."""

from collections.abc import Collection, Mapping, Sequence
from itertools import combinations

from labeling.guidelines import Pair, touches
from schemas.answers import Answer, named_in
from schemas.errors import InputError
from schemas.guidelines import LONGEST, Draft, Guideline
from schemas.labels import Finding, FindingKind, Vote

# What stands where a person has to write what the labelers could not know.
BLANK = "(Write here what tells them apart.)"


def opened(finding: Finding, guideline: Guideline, votes: Mapping[int, Sequence[Vote]]) -> Draft:
    """Return the draft that settles a finding; `votes` are those that count now, by task.

    A confused pair is settled itself; of a disputed slice every pair that the tasks shown disagree about. The text of
    the guideline in force gets a section with the finding and the tasks that show it, to be completed.

    Raises:
        InputError: the finding is none of classes, so no pair can settle it.
    """
    pairs = _pairs(finding, votes)
    if not pairs:
        raise InputError(f"A finding of the kind {finding.kind} settles no classes: word it in the guideline's text.")
    title = " or ".join(finding.classes) or "Where {} is {}".format(*finding.slice or ("", ""))
    shown = ", ".join(map(str, finding.examples))
    section = f"## {title}\n\n{BLANK}\n\nFound: {finding.says} Tasks that show it: {shown}.\n"
    body = f"{guideline.body.rstrip()}\n\n{section}"
    if len(body) > LONGEST:
        raise InputError(
            f"The guideline has no room left for the finding: shorten it to {LONGEST - len(section)} characters."
        )
    return Draft(base=guideline.version, body=body, settles=pairs)


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
