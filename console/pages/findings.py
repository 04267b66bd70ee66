"""Findings: what labelers do differently, with the evidence, each a step from the guideline that settles it."""

import asyncio
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from console.access import may
from console.markup import Content, join, tag
from console.pages.agreement import simulated
from console.pages.cases import gallery
from console.pages.house import House, Visit
from console.pages.parts import data_table, empty, percent
from console.rendering.drawing import Drawing
from console.rendering.text import visible
from quality.chance import LEVEL
from schemas.labels import Finding, FindingKind
from schemas.roles import Permission
from storage.cases import Case, cases

# A p-value below this is said to be below it.
LEAST_P = 0.0001
# What the effect of a finding is, by its kind.
EFFECTS = {
    FindingKind.CONFUSION: "times what chance puts there",
    FindingKind.SLICE: "more disputed than the rest",
    FindingKind.ONE_OR_MANY: "of the tasks with the class",
    FindingKind.TIGHT_OR_LOOSE: "times the area of others' boxes",
    FindingKind.PUNCTUATION: "of the tasks where anybody wrote it",
    FindingKind.FILLER: "of the tasks where anybody wrote it",
    FindingKind.LETTER_CASE: "of the tasks with else equal texts",
}
# Kinds whose effect is a multiple; that of the others is a share.
MULTIPLES = {FindingKind.CONFUSION, FindingKind.TIGHT_OR_LOOSE}


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/findings", "Findings", Permission.FINDINGS)
    async def findings(visit: Visit) -> None:
        desk, shown_cases = visit.desk, dict[tuple[int, ...], Sequence[Case]]()

        async def shown() -> Markup:
            found = await desk.overview.findings.latest()
            wanted = tuple(dict.fromkeys(task for one in found if is_clear(one) for task in one.examples))
            if wanted not in shown_cases:
                shown_cases.clear()
                shown_cases[wanted] = await asyncio.to_thread(cases, desk.engine, desk.project.name, wanted)
            known = {one.task_id: one for one in shown_cases[wanted]}
            note = simulated(await desk.overview.agreement.latest())
            publishes = may(visit.labeler, Permission.PUBLISH)
            drawing = desk.drawing if may(visit.labeler, Permission.SAMPLES) else None
            return await asyncio.to_thread(drawn, found, known, drawing, publishes=publishes, note=note)

        visit.live(shown)


def is_clear(finding: Finding) -> bool:
    """Say whether it is not what chance would do."""
    return finding.p_value <= LEVEL


def drawn(
    found: Sequence[Finding],
    known: Mapping[int, Case],
    drawing: Drawing | None,
    *,
    publishes: bool,
    note: str | None = None,
) -> Markup:
    """Return the findings that are clear with the tasks that show them, then those that chance explains as a list."""
    told = tag(
        "p",
        "What labelers do differently, because the guideline does not say. p is the probability of such a pattern by "
        "chance, corrected for all that was looked for; ranges are 95 %. ",
        note,
        class_="note",
    )
    placed = list(enumerate(found))
    clear = [
        _card(place, one, [known[task] for task in one.examples if task in known], drawing, publishes=publishes)
        for place, one in placed
        if is_clear(one)
    ]
    doubtful = [(place, one) for place, one in placed if not is_clear(one)]
    cards = tag("ol", clear, class_="findings") if clear else empty("Labelers disagree about nothing beyond chance.")
    return join([told, cards, _doubtful(doubtful, publishes=publishes)])


def _card(place: int, one: Finding, shown: Sequence[Case], drawing: Drawing | None, *, publishes: bool) -> Markup:
    evidence = tag(
        "dl",
        tag("div", tag("dt", "Effect"), tag("dd", _effect(one))),
        tag("div", tag("dt", "By chance"), tag("dd", _chance(one.p_value))),
        tag("div", tag("dt", "Tasks"), tag("dd", f"{one.tasks:,} of {one.of:,}")),
        class_="evidence",
    )
    parts = [tag("h2", title(one)), tag("p", visible(one.says), dir="auto"), evidence]
    tasks = gallery(shown, drawing) if drawing and shown else None
    settle = tag("p", _settle(place, one)) if publishes else None
    return tag("li", parts, tasks, settle, class_="card")


def title(one: Finding) -> Content:
    """Return what a finding is about."""
    if one.kind is FindingKind.CONFUSION:
        return [visible(one.classes[0]), " or ", visible(one.classes[1])]
    if one.slice is not None:
        return ["Where ", visible(one.slice[0]), " is ", visible(one.slice[1])]
    name = one.kind.replace("_", " ").capitalize()
    return [name, ": ", visible(", ".join(one.classes))] if one.classes else name


def _settle(place: int, one: Finding) -> Markup:
    about = tag("span", " ", title(one), class_="unseen-label")
    return tag("a", "Settle it in the guideline", about, href=f"/guidelines/edit?finding={place}", class_="button")


def _effect(one: Finding) -> str:
    if one.kind in MULTIPLES:
        return f"{one.effect:.1f} {EFFECTS[one.kind]}; {one.low:.1f} to {one.high:.1f}"
    return f"{percent(one.effect)} {EFFECTS[one.kind]}; {percent(one.low)} to {percent(one.high)}"


def _chance(p_value: float) -> str:
    return f"p < {LEAST_P}" if p_value < LEAST_P else f"p = {p_value:.4f}"


def _doubtful(found: Sequence[tuple[int, Finding]], *, publishes: bool) -> Content:
    rows = [
        (
            title(one),
            _effect(one),
            f"{one.p_value:.3f}",
            f"{one.tasks:,} of {one.of:,}",
            _settle(place, one) if publishes else "",
        )
        for place, one in found
    ]
    columns = ("disagreement", "effect, 95 %", "p", "tasks", "")
    table = data_table("What chance explains", columns, rows, left=2)
    return tag("details", tag("summary", f"{len(rows):,} more that chance explains"), table) if rows else None
