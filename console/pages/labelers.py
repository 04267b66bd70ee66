"""Labelers: how each of them works, for those who look after the work."""

from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from console.markup import Content, join, tag
from console.pages.house import House, Visit
from console.pages.parts import data_table, empty, figure, figures, interval, percent
from console.pages.sample import answer
from console.rendering.text import visible
from labeling.reports import LabelerReport
from quality.intervals import Interval
from schemas.roles import Permission

# Less than this is told as less: what answers so fast is a program.
LEAST_SECONDS = 0.1


def add(house: House) -> None:
    """Serve the pages."""

    @house.page("/labelers", "Labelers", Permission.REPORTS)
    async def labelers(visit: Visit) -> None:
        sought = visit.request.query_params.get("name")

        async def shown() -> Markup:
            found = await visit.desk.overview.labelers.latest()
            return listed(found) if sought is None else single(found, sought)

        visit.live(shown)


def listed(reports: Sequence[LabelerReport]) -> Markup:
    """Return a row for each labeler, the one with most labels first."""
    if not reports:
        return empty("Nobody has labeled yet.")
    rows = [
        (
            tag("a", name(one), href=f"/labelers?name={quote(one.labeler, safe='')}"),
            interval(one.accuracy if one.answered else None),
            interval(one.agreement if one.compared else None),
            f"{one.answered:,}",
            _seconds(one),
            f"{one.labels:,}",
            _skips(one),
        )
        for one in sorted(reports, key=lambda one: (-one.labels, one.labeler))
    ]
    accuracy, agreement = "accuracy on gold, 95 %", "agreement with the others, 95 %"
    columns = ("labeler", accuracy, agreement, "gold", "s a label", "labels", "skipped")
    told = (
        "Accuracy is shrunk to that of all labelers, the more the fewer answers to gold there are. Agreement is with "
        "what most others answered to the same tasks, and says nothing of who is right. Seconds are the median."
    )
    return join([data_table("Labelers", columns, rows, left=3), tag("p", told, class_="note")])


def single(reports: Sequence[LabelerReport], sought: str) -> Markup:
    """Return one labeler: figures, week by week, and what was answered to gold."""
    one = next((one for one in reports if one.labeler == sought), None)
    back = tag("p", tag("a", "All labelers", href="/labelers"))
    if one is None:
        return back + tag("p", "Nobody of this name has labeled in this project.", class_="problem")
    stand = figures(
        figure("Labels", one.labels, f"{one.skipped:,} skipped"),
        _share("Accuracy on gold", one.accuracy, one.answered, "answers"),
        _share("Agreement with the others", one.agreement, one.compared, "tasks"),
        figure("Seconds a label", _seconds(one), "the median"),
    )
    return join([back, tag("h2", name(one)), stand, _drift(one), _weeks(one), _confusion(one)])


def name(one: LabelerReport) -> Content:
    """Return a labeler's name, with a word if it is simulated."""
    return [tag("span", visible(one.labeler), dir="auto"), tag("small", " simulated") if one.simulated else None]


def _share(title: str, found: Interval, number: int, of: str) -> Markup:
    if not number:
        return figure(title, "none yet", f"no {of}")
    return figure(title, percent(found.estimate), f"{percent(found.low)} to {percent(found.high)}, {number:,} {of}")


def _seconds(one: LabelerReport) -> str:
    if one.seconds is None:
        return "none"
    return "under 0.1" if one.seconds < LEAST_SECONDS else f"{one.seconds:.1f}"


def _skips(one: LabelerReport) -> str:
    whole = one.labels + one.skipped
    return percent(one.skipped / whole) if whole else percent(0)


def _drift(one: LabelerReport) -> Content:
    if one.drift is None:
        return None
    low, high = (f"{100 * bound:+.1f}" for bound in (one.drift.low, one.drift.high))
    return tag("p", f"In the last week accuracy changed by {100 * one.drift.estimate:+.1f} points [{low}, {high}].")


def _weeks(one: LabelerReport) -> Content:
    rows = [(str(week.begins), interval(week.accuracy), f"{week.answered:,}") for week in one.weeks]
    columns = ("week that begins on", "accuracy on gold, 95 %", "answers to gold")
    return [tag("h2", "Week by week"), data_table("Weeks", columns, rows, left=2)] if rows else None


def _confusion(one: LabelerReport) -> Content:
    rows = [
        (answer(each.gold), answer(each.answer), f"{each.times:,}", "" if each.gold == each.answer else "wrong")
        for each in one.confusion
    ]
    columns = ("gold is", "the labeler answered", "times", "")
    return [tag("h2", "Answers to gold"), data_table("Answers to gold", columns, rows, left=2)] if rows else None
