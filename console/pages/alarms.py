"""Alarms of drift, as the page on the stream shows them: where they were raised, and what may be done about them."""

from collections.abc import Sequence

from console.markup import Content, tag
from console.pages.parts import moment
from console.rendering.text import visible
from storage.drift_actions import Action, Offered, asked, changed
from storage.health import Health

# So many alarms are shown, the newest; the others are had by `GET /v1/drift`.
SHOWN = 20


def marks(name: str, found: Health, alarms: Sequence[Offered]) -> list[range]:
    """Return the points of a series that an alarm on it was raised on: of the slice that is shown, or of any."""
    mine = [
        one.alarm
        for one in alarms
        if one.alarm.field == name and (one.alarm.of is None or found.of is None or one.alarm.of == found.of)
    ]
    places = (
        [at for at, point in enumerate(found.points) if point.latest >= alarm.since and point.earliest <= alarm.until]
        for alarm in mine
    )
    return [range(some[0], some[-1] + 1) for some in places if some]


def listed(alarms: Sequence[Offered]) -> Content:
    """Return the newest alarms, one below the other; nothing while there are none."""
    if not alarms:
        return None
    older = len(alarms) - SHOWN
    note = tag("p", f"{older} older ones are had by GET /v1/drift.", class_="note") if older > 0 else None
    return [tag("h2", "Alarms of drift"), tag("ol", map(_alarm, alarms[:SHOWN]), class_="alarms"), note]


def _alarm(one: Offered) -> Content:
    alarm = one.alarm
    heading = tag(
        "h3", f"Alarm {alarm.alarm_id}, ", tag("em", alarm.state, class_=alarm.state), ": ", visible(one.about)
    )
    when = [moment(alarm.since), " to ", moment(alarm.until), " UTC"]
    told = tag("p", f"Changed by {changed(alarm)}, ", when, f". Cause: {alarm.cause}. Labels: {asked(alarm)}.")
    return tag("li", heading, told, tag("ul", map(_action, one.actions)) if one.actions else None)


def _action(each: Action) -> Content:
    return tag("li", tag("strong", each.name), ": ", visible(each.how), tag("small", f" ({each.why})"))
