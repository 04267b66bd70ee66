"""Agreement: how far labelers give the same answers, with the class pairs that they confuse as a table to look at."""

from collections.abc import Mapping, Sequence
from itertools import groupby

from markupsafe import Markup

from console.markup import Content, join, tag
from console.pages.house import House, Visit
from console.pages.parts import data_table, empty, figure, figures, percent, range_of
from console.rendering.text import visible
from labeling.concord import ClassConcord, Coefficient, Concord, PairConcord, SliceConcord
from quality.intervals import Interval
from schemas.roles import Permission

# A pair is coloured as strongly as can be from this share of tasks on: half of those with either got both.
FULL = 0.5
# With more classes than this the table of pairs would be read by nobody; the list below it has them all.
MOST_CLASSES = 30
# Pairs that are listed, the worst.
MOST_PAIRS = 15
# Columns that every project has; those of its own samples come as `attributes.NAME`.
COLUMNS = {"source": "By source", "week": "By week in which the sample occurred"}


def add(house: House) -> None:
    """Serve the page."""

    @house.page("/agreement", "Agreement", Permission.FINDINGS)
    async def agreement(visit: Visit) -> None:
        async def shown() -> Markup:
            return drawn(await visit.desk.overview.agreement.latest())

        visit.live(shown)


def drawn(found: Concord) -> Markup:
    """Return the measures, the pairs, the classes and the slices."""
    if not found.tasks:
        return empty("No task has two answers that count yet.")
    stand = figures(
        *(_measure(one) for one in found.measures),
        figure("Disputed", percent(found.disputed.estimate), f"of tasks; {_range(found.disputed)}"),
        figure("Tasks", found.tasks, f"with two answers or more, {found.labels:,} in all"),
    )
    told = "Alpha is 1 where all agree and 0 where they agree as often as by chance. Ranges are 95 %. "
    note = tag("p", told, simulated(found), class_="note")
    sections = [_heat(found), _pairs(found.pairs), _classes(found.classes), _slices(found)]
    return join([stand, note, sections])


def simulated(found: Concord) -> str | None:
    """Return that labels are simulated, where they are."""
    return f"{found.simulated:,} of {found.labels:,} labels are by simulated labelers." if found.simulated else None


def _measure(one: Coefficient) -> Markup:
    name = one.name[:1].upper() + one.name[1:]
    if one.value is None:
        return figure(name, "none", "all answers are the same, or too few")
    return figure(name, f"{one.value.estimate:.3f}", f"{one.value.low:.3f} to {one.value.high:.3f}")


def _range(found: Interval) -> str:
    return f"{percent(found.low)} to {percent(found.high)}"


def _heat(found: Concord) -> Content:
    """Return the classes against each other: of a pair how many tasks got both, of a class how many got it alone."""
    names = [one.name for one in found.classes]
    if not found.pairs or len(names) > MOST_CLASSES:
        return None
    pairs = {frozenset((one.one, one.other)): one for one in found.pairs}
    head = [tag("td"), *(tag("th", visible(name), scope="col") for name in names)]
    rows = [
        tag(
            "tr",
            tag("th", visible(one.name), scope="row"),
            [_alone(one) if one.name == name else _pair(pairs, one.name, name) for name in names],
        )
        for one in found.classes
    ]
    table = tag("table", tag("thead", tag("tr", head)), tag("tbody", rows), class_="heat")
    region = tag("div", table, class_="scroll", tabindex="0", role="region", aria_label="Class pairs")
    note = tag(
        "p",
        "How many tasks were given both classes; on the diagonal, how many the class alone. The stronger a pair's "
        "colour, the more of the tasks with either got both.",
        class_="note",
    )
    return [tag("h2", "Class pairs"), region, note]


def _alone(one: ClassConcord) -> Markup:
    return tag("td", f"{one.agreed:,}", class_="alone", title=f"of {one.given:,} that got the class")


def _pair(pairs: Mapping[frozenset[str], PairConcord], one: str, other: str) -> Markup:
    found = pairs.get(frozenset((one, other)))
    if found is None:
        return tag("td", "0", class_="never")
    share = found.both / found.either
    heat = f"--heat:{100 * min(1.0, share / FULL):.0f}%"
    return tag("td", f"{found.both:,}", style=heat, title=f"of {found.either:,} that got either class")


def _pairs(pairs: Sequence[PairConcord]) -> Content:
    rows = [
        (
            [visible(one.one), " and ", visible(one.other)],
            _apart(one.apart),
            f"{one.both:,}",
            f"{one.either:,}",
            percent(one.both / one.either),
        )
        for one in pairs[:MOST_PAIRS]
    ]
    if not rows:
        return None
    columns = ("classes", "told apart, 95 %", "tasks with both", "with either", "share")
    told = "Told apart: 1 if never confused, 0 if confused as often as by chance, the worst first."
    rest = f" {len(pairs) - MOST_PAIRS} more by GET /v1/agreement." if len(pairs) > MOST_PAIRS else None
    note = tag("p", told, rest, class_="note")
    return [tag("h2", "How far classes are told apart"), data_table("Pairs", columns, rows, left=2), note]


def _apart(found: Interval | None) -> Content:
    return "undefined" if found is None else range_of(found, places=2)


def _classes(classes: Sequence[ClassConcord]) -> Content:
    rows = [(visible(one.name), _apart(one.alpha), f"{one.given:,}", f"{one.agreed:,}") for one in classes]
    columns = ("class", "alpha of whether it is it, 95 %", "tasks that got it", "and nothing else")
    return [tag("h2", "By class"), data_table("Classes", columns, rows, left=2)] if rows else None


def _slices(found: Concord) -> Content:
    name = found.measures[0].name
    return [
        [tag("h2", _title(column)), _slice_table(name, column, tuple(parts))]
        for column, parts in groupby(found.slices, lambda one: one.column)
    ]


def _title(column: str) -> Content:
    return COLUMNS.get(column) or ["By ", visible(column)]


def _slice_table(measure: str, column: str, parts: Sequence[SliceConcord]) -> Markup:
    if column == "week":
        parts = sorted(parts, key=lambda one: one.value)
    rows = [(visible(one.value), _apart(one.measure), _share(one.disputed), f"{one.tasks:,}") for one in parts]
    return data_table("Slices", ("value", f"{measure}, 95 %", "disputed, 95 %", "tasks"), rows, left=3)


def _share(found: Interval) -> Content:
    return [tag("span", percent(found.estimate)), tag("small", f" {_range(found)}")]
