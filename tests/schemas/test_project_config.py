"""A project's configuration: what cannot be meant is refused where it stands, in words."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.project import DatasetRecipe, ProjectConfig

SOUND: dict[str, Any] = {
    "name": "zoo",
    "title": "Animals",
    "contract": {"current": 1, "models": {"1": "code.py:Animal"}},
    "labels": {"classes": ["cat", "dog"]},
    "duplicates": {"field": "values", "distance": 0.5},
    "routing": {"budget": {"share": 0.3}, "uncertain": {}},
    "overlap": {},
    "dataset": {"group": "batch", "splits": {"train": 0.8, "test": 0.2}, "min_rows": 1, "agreement_floor": 0.5},
    "trainer": {"train": "code.py:train", "gold_test": "code.py:gold", "gold_seed": "code.py:gold"},
}


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the sound configuration with `value` at `path`."""
    section, _, key = path.partition(".")
    return {**SOUND, section: {**SOUND.get(section, {}), key: value} if key else value}


def test_a_sound_configuration_is_read() -> None:
    """With its defaults; TOML's keys are text and versions numbers."""
    config = ProjectConfig.model_validate(SOUND)
    assert (config.contract.models, config.suite, config.overlap.first) == (
        {1: "code.py:Animal"},
        "expectations.json",
        2,
    )


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("name", "Zoo", "should match pattern"),
        ("name", "zoo.samples", "should match pattern"),
        ("partitions", 0, "greater than or equal to 1"),
        ("colour", "red", "Extra inputs"),
        ("contract.current", 2, r"current = 2 is none of the models \[1\]"),
        ("contract.models", {}, "at least 1 item"),
        ("labels.classes", ["cat"], "2 classes at least"),
        ("labels.classes", ["cat", "cat"], "classes must differ"),
        ("labels.classes", ["cat", ""], "at least 1 character"),
        ("labels.kind", "polygons", "'classification'"),
        ("labels.kind", "text", "no classes: leave `classes` out"),
        ("labels.empty", True, "`empty` means nothing"),
        ("duplicates.distance", -1.0, "greater than or equal to 0"),
        ("duplicates.distance", float("inf"), "finite number"),
        ("duplicates.window", 0, "greater than 0"),
        ("routing.budget", {"share": 0.1, "per_hour": 5}, "either share or per_hour"),
        ("routing.budget", {}, "either share or per_hour"),
        ("routing.audit", float("nan"), "finite number"),
        ("routing.novel", {}, "say where, in "),
        ("routing.own", {"rare": {}}, "rare is the name of a signal that comes with Assay"),
        ("routing.own", {"No Name": {}}, "match pattern"),
        ("routing.block", 0, "greater than 0"),
        ("overlap.most", 1, "most = 1 must not be below first = 2"),
        ("overlap.threshold", 1.0, "less than 1"),
        ("dataset.splits", {"train": 0.8, "test": 0.3}, "not to 1"),
        ("dataset.splits", {"test": 1.0}, "must be called train"),
        ("dataset.splits", {"train": 0.5, "../x": 0.5}, "should match pattern"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(path: str, value: object, message: str) -> None:
    """The message says what is wanted."""
    with pytest.raises(ValidationError, match=message) as caught:
        ProjectConfig.model_validate(changed(path, value))
    assert caught.value.errors()[0]["loc"][0] == path.partition(".")[0]


def test_only_single_classes_are_concluded_by_a_method_of_choice() -> None:
    """It would be without effect elsewhere."""
    chosen = {**changed("labels.kind", "boxes"), "overlap": changed("overlap.method", "crowdlab")["overlap"]}
    with pytest.raises(ValidationError, match="labels are of the kind boxes: leave it out"):
        ProjectConfig.model_validate(chosen)


def test_only_what_has_one_class_is_capped_by_class() -> None:
    """A row of several classes would be several rows to count."""
    capped = {**changed("labels.kind", "boxes"), "dataset": changed("dataset.max_class_share", 0.5)["dataset"]}
    with pytest.raises(ValidationError, match="leave it out where labels are of the kind boxes"):
        ProjectConfig.model_validate(capped)


@pytest.mark.parametrize("path", ["contract.models", "trainer.train", "suite", "guideline"])
@pytest.mark.parametrize(
    "file",
    [
        "/etc/passwd",
        "../code.py",
        "a/../../code.py",
        "a//b.py",
        "a\\b.py",
        "code.py\x00",
        "-rf.py",
        "c:x.py",
        "",
        "~/x",
    ],
)
def test_no_path_leads_out_of_the_folder(path: str, file: str) -> None:
    """Whatever the field: what is outside is not the project's."""
    named = file if path in ("suite", "guideline") else f"{file}:name"
    with pytest.raises(ValidationError, match="should match pattern"):
        ProjectConfig.model_validate(changed(path, {"1": named} if path == "contract.models" else named))


@example(cuts=(33, 89))
@given(cuts=st.tuples(st.integers(0, 100), st.integers(0, 100)))
def test_splits_may_be_of_any_hundredths(cuts: tuple[int, int]) -> None:
    """Three shares of a hundred in all; 0.33 + 0.56 + 0.11 is a little more than 1 in floats."""
    low, high = sorted(cuts)
    splits = {"train": low / 100, "test": (high - low) / 100, "hold": (100 - high) / 100}
    recipe = DatasetRecipe.model_validate({**SOUND["dataset"], "splits": splits})
    assert sum(recipe.splits.values()) == pytest.approx(1)


def test_everything_wrong_is_named_at_once() -> None:
    """A user mends all of it in one go."""
    with pytest.raises(ValidationError) as caught:
        ProjectConfig.model_validate({**SOUND, "name": "", "partitions": 0, "overlap": {"most": 1}})
    assert [detail["loc"][0] for detail in caught.value.errors()] == ["name", "partitions", "overlap"]
