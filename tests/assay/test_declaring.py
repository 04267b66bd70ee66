"""Slices declared from the command line."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.declaring import declare, value_of
from schemas.errors import InputError
from schemas.project import ProjectConfig, SliceRecipe
from schemas.samples import Attribute
from storage.testing import FOLDER

DIGITS = (Path(__file__).parents[2] / "examples" / "digits" / "project.toml").read_text("utf-8")
FILES = {"in tables": DIGITS, "in a line": FOLDER["project.toml"].replace("NAME", "declared")}
numbers = st.floats(allow_nan=False, allow_infinity=False)
values = st.one_of(st.text(max_size=30), st.integers(-(2**60), 2**60), st.booleans(), numbers)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a project.toml stands."""
    return tmp_path_factory.mktemp("declared")


@pytest.mark.parametrize("before", FILES.values(), ids=FILES)
@given(value=values, want=st.integers(0, 50), guarded=st.booleans())
def test_a_declared_slice_is_read_again(
    folder: Path,
    before: str,
    value: Attribute,
    want: int,
    guarded: bool,  # noqa: FBT001
) -> None:
    """Whatever its value; what stood in the file stands there still, and a second time is refused."""
    file = folder / "project.toml"
    file.write_text(before, "utf-8")
    one = SliceRecipe(column="attributes.noise", value=value, want=want, guarded=guarded)
    declare(folder, one)
    after = file.read_text("utf-8")
    told = tomllib.loads(after)
    had = ProjectConfig.model_validate(tomllib.loads(before)).dataset.slices
    assert ProjectConfig.model_validate(told).dataset.slices == (*had, one)
    told["dataset"]["slices"].pop()
    kept = tomllib.loads(before)
    kept["dataset"].setdefault("slices", [])
    assert told == kept
    assert [line for line in before.splitlines() if "#" in line and line not in after] == []
    with pytest.raises(InputError, match="the same"):
        declare(folder, one)
    assert file.read_text("utf-8") == after


def test_a_file_that_is_wrong_already_is_left_alone(folder: Path) -> None:
    """With what to do."""
    (folder / "project.toml").write_text("name = ", "utf-8")
    with pytest.raises(InputError, match="assay project check"):
        declare(folder, SliceRecipe(column="source", value="camera"))
    assert (folder / "project.toml").read_text("utf-8") == "name = "


@pytest.mark.parametrize(
    ("text", "value"),
    [("car", "car"), ("3", 3), ("2.5", 2.5), ("true", True), ('"3"', "3"), ("a # b", "a # b"), ("[1]", "[1]")],
)
def test_a_value_of_the_command_line_is_a_number_where_it_reads_as_one(text: str, value: Attribute) -> None:
    """In quotes it is a text."""
    assert (value_of(text), type(value_of(text))) == (value, type(value))
