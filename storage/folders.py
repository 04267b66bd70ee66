"""Which projects' DAGs there are; light enough to be imported while Airflow parses DAG files, every few seconds."""

import os
import tomllib
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Home:
    """A project's name, its folder, and what its DAGs' ids end with: nothing for the first project, `.NAME` else."""

    name: str
    folder: Path
    suffix: str


def homes() -> list[Home]:
    """Return the project in ASSAY_PROJECT, then those whose folders ASSAY_PROJECTS lists, as PATH lists its own.

    Raises:
        InputError: a folder has no project.toml with a name, or two projects have the same name.
    """
    listed = [os.environ["ASSAY_PROJECT"], *os.environ.get("ASSAY_PROJECTS", "").split(os.pathsep)]
    folders = list(dict.fromkeys(Path(each) for each in listed if each))
    names = [_name(folder) for folder in folders]
    if len(set(names)) < len(names):
        raise InputError(f"Two of the projects have the same name: {', '.join(sorted(names))}. Rename one of them.")
    return [
        Home(name=name, folder=folder, suffix="" if place == 0 else f".{name}")
        for place, (name, folder) in enumerate(zip(names, folders, strict=True))
    ]


def _name(folder: Path) -> str:
    path = folder / "project.toml"
    try:
        return str(tomllib.loads(path.read_text(encoding="utf-8"))["name"])
    except (OSError, KeyError, ValueError) as error:
        raise InputError(f"{path} is missing or does not say the project's name: assay project check says why.") from (
            error
        )
