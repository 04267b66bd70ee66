"""Declaring a slice: a project's `project.toml`, with one more."""

import tomllib
from pathlib import Path
from typing import Any

import tomlkit
import tomlkit.exceptions
import tomlkit.items
from pydantic import ValidationError

from schemas.errors import InputError
from schemas.project import ProjectConfig, SliceRecipe
from schemas.samples import Attribute

NAME = "project.toml"


def declare(folder: Path, one: SliceRecipe) -> None:
    """Write a slice into the folder's `project.toml`; what stands there stays as it is, comments and all.

    Raises:
        InputError: the file would be wrong with it, as where the slice is declared already; nothing is written.
    """
    file = folder / NAME
    try:
        document = tomlkit.parse(file.read_text("utf-8"))
        slices = _slices(document["dataset"])
        slices.append(_told(one, inline=isinstance(slices, tomlkit.items.Array)))
        after = tomlkit.dumps(document)
        config = ProjectConfig.model_validate(tomllib.loads(after))
    except (OSError, tomlkit.exceptions.TOMLKitError) as error:
        raise InputError(f"{file} cannot be read ({error}): `assay project check` says what is wrong.") from None
    except ValidationError as error:
        raise InputError(f"With this slice {file} would be wrong: {error.errors()[0]['msg']}.") from None
    if one not in config.dataset.slices:
        raise InputError(f"{file} would not say what was meant: declare {one.name} there yourself.")
    file.write_text(after, "utf-8")


def _slices(dataset: Any) -> Any:
    """Return the list of slices, which is made where there is none: as tables, unless the recipe is one line."""
    if "slices" not in dataset:
        dataset["slices"] = tomlkit.array() if isinstance(dataset, tomlkit.items.InlineTable) else tomlkit.aot()
    return dataset["slices"]


def _told(one: SliceRecipe, *, inline: bool) -> Any:
    table = tomlkit.inline_table() if inline else tomlkit.table()
    table.update({"column": one.column, "value": one.value})
    table.update({"want": one.want} if one.want else {})
    table.update({"guarded": True} if one.guarded else {})
    return table


def value_of(text: str) -> Attribute:
    """Return a value of the command line: a number or a truth where TOML reads one, else the text itself."""
    try:
        found = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return found if isinstance(found, str | int | float | bool) else text
