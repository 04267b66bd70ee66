"""The contract: sixteen sensors of a rolling line, as one reading of about 550 bytes."""

from schemas.samples import Payload


class ReadingV1(Payload):
    """One reading of all sensors, each in percent of its range."""

    speed: float
    force_left: float
    force_right: float
    gap_left: float
    gap_right: float
    torque_upper: float
    torque_lower: float
    tension_entry: float
    tension_exit: float
    temperature_entry: float
    temperature_exit: float
    coolant_flow: float
    coolant_pressure: float
    thickness: float
    flatness: float
    vibration: float
