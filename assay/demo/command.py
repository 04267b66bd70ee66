"""`assay demo`."""

from pathlib import Path
from typing import Annotated

import typer

from assay.settings import CHECKOUT

DIGITS = CHECKOUT / "examples" / "digits"


def demo(
    *,
    project: Annotated[Path, typer.Option(help="Folder of the project, with a simulation.py.")] = DIGITS,
    samples: Annotated[int, typer.Option(min=3000, help="Good records in the stream.")] = 5000,
    seed: Annotated[int, typer.Option(help="Decides stream, faults and simulated labelers.")] = 7,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the platform running at the end.")] = False,
) -> None:
    """Run the main job on real parts, from samples to a better dataset, and leave var/demo/report.json.

    The samples are real; that they come as a production stream, its faults and the labelers are simulated.
    """
    from assay.demo.run import run  # noqa: PLC0415 - a second to import, which no other command should wait for

    if not run(project, samples=samples, seed=seed, keep=keep):
        raise typer.Exit(1)
