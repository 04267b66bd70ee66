"""The errors of Assay; each text names what is wrong and what to do.

AssayError
├── InputError          what somebody gave cannot be used
│   └── ProjectError    a project folder, with everything that is wrong with it
├── ConflictError       the request was sound, but the world has moved on
└── UnavailableError    a service that is needed does not answer
"""

from collections.abc import Sequence


class AssayError(Exception):
    """Base of every error that a user of Assay may see."""


class InputError(AssayError):
    """What somebody gave cannot be used."""


class ProjectError(InputError):
    """A project folder cannot be used; `problems` holds one sentence for each thing to mend."""

    def __init__(self, folder: str, problems: Sequence[str]) -> None:
        self.folder = folder
        self.problems = tuple(problems)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        super().__init__(f"The project folder {folder} has {len(self.problems)} problem(s) to mend:\n{lines}")


class ConflictError(AssayError):
    """The request was sound, but the world has moved on: a lease expired, a version exists already."""


class UnavailableError(AssayError):
    """A service that is needed does not answer."""
