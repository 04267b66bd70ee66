"""What the demo plays: a project's own simulation, with a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

from examples.simulation.faults import Production
from examples.simulation.labelers import AnswerKey
from examples.simulation.simulation import Simulation
from schemas.errors import InputError
from storage.projects import Project, load, read_project

# The file of a project folder, and what it defines.
FILE, NAME = "simulation.py", "SIMULATION"


@dataclass(frozen=True, kw_only=True)
class Script:
    """A project, its simulation, and what decides the rest: how many good records, and the seed."""

    project: Project
    simulation: Simulation
    samples: int
    seed: int

    @classmethod
    def of(cls, folder: Path, *, samples: int, seed: int) -> Self:
        """Return the script for a project folder, whose Python files are run.

        Raises:
            ProjectError: something is wrong with the folder.
            InputError: it brings no simulation.
        """
        project = read_project(folder)
        return cls(project=project, simulation=_simulation(project.folder), samples=samples, seed=seed)

    @cached_property
    def records(self) -> Sequence[Production]:
        """What is produced, in order."""
        return self.simulation.production(self.seed, self.samples)

    @property
    def answer_key(self) -> AnswerKey:
        """What the simulated labelers answer by."""
        return self.answer_key_to(self.records)

    def answer_key_to(self, records: Sequence[Production]) -> AnswerKey:
        """Return what they answer by of these records."""
        classes = self.project.config.labels.classes
        return self.simulation.answer_key(records, classes=classes, seed=self.seed)


def _simulation(folder: Path) -> Simulation:
    path = folder / FILE
    found = getattr(load(path), NAME, None) if path.is_file() else None
    if not isinstance(found, Simulation):
        raise InputError(
            f"{folder} cannot be played: the demo wants a {FILE} there that defines {NAME}, an "
            "examples.simulation.simulation.Simulation, as examples/digits has."
        )
    return found
