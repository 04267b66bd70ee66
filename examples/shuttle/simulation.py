"""What the demo runs on: a stretch of telemetry, five simulated labelers, and what their lead writes."""

from examples.shuttle.production import FAULTS, UNCLEAR_F9, good
from examples.shuttle.trainer import ANOMALY, FIELDS, NORMAL
from examples.simulation.labelers import Pair, SimulatedLabeler
from examples.simulation.simulation import Simulation

PAIR = (ANOMALY, NORMAL)
LABELERS = (
    SimulatedLabeler(name="simulated-ada", confuses={PAIR: 0.15}, slips=0.01),
    SimulatedLabeler(name="simulated-ben", confuses={PAIR: 0.2}, slips=0.01),
    SimulatedLabeler(name="simulated-cleo", confuses={PAIR: 0.1}, slips=0.01),
    SimulatedLabeler(name="simulated-dan", confuses={}, slips=0.01),
    SimulatedLabeler(name="simulated-eve-careless", confuses={PAIR: 0.2}, slips=0.04),
)


def revision(_: Pair) -> str:
    """Return what settles the only pair there is; of the file's readings of this kind it is true of 4,941 in 4,943."""
    least, most = UNCLEAR_F9
    return (
        f"Where f9 lies between {least:.0f} and {most:.0f}, f1 decides: from 69 on the reading is an anomaly. Below, "
        "it is one only if f2 swings by 20 or more, up or down."
    )


SIMULATION = Simulation(
    real="real Shuttle telemetry",
    good=good,
    faults=FAULTS,
    sight=FIELDS,
    labelers=LABELERS,
    revision=revision,
)
