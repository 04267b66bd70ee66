"""What the demo runs on: a day of production, five simulated labelers, and what their lead writes."""

from examples.digits.production import FAULTS, good, later
from examples.digits.trainer import FEED, TRAY
from examples.simulation.change import Change
from examples.simulation.labelers import Pair, SimulatedLabeler
from examples.simulation.simulation import Simulation

LABELERS = (
    SimulatedLabeler(name="simulated-ada", confuses={("4", "9"): 0.3}, slips=0.02),
    SimulatedLabeler(name="simulated-ben", confuses={("1", "7"): 0.25, ("4", "9"): 0.3}, slips=0.03),
    SimulatedLabeler(name="simulated-cleo", confuses={("3", "8"): 0.25, ("4", "9"): 0.35}, slips=0.03),
    SimulatedLabeler(name="simulated-dan", confuses={("5", "6"): 0.2, ("1", "7"): 0.2}, slips=0.02),
    SimulatedLabeler(name="simulated-eve-careless", confuses={("4", "9"): 0.3, ("3", "8"): 0.2}, slips=0.15),
)


def revision(pair: Pair) -> str:
    """Return what settles a pair of digits."""
    one, other = pair
    return (
        f"Follow the stroke from its beginning: where it closes, or bends, decides between {one} and {other}, "
        "however faint it is."
    )


SIMULATION = Simulation(
    real="real digits",
    good=good,
    faults=FAULTS,
    sight=("pixels",),
    labelers=LABELERS,
    revision=revision,
    change=Change(
        column=f"attributes.{FEED}",
        value=TRAY,
        told="the guide of the tray slips, and its digits lie a pixel further right, an eighth of the picture",
        later=later,
    ),
)
