"""Project folders: one that is sound is read as a whole, and one that is not is told everything that is wrong."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from quality.frames import Frame
from quality.screening import screen
from quality.state import State
from quality.testing import kafka
from schemas.errors import ProjectError
from schemas.project import ProjectConfig
from schemas.testing import encoded, record
from schemas.verdicts import Disposition
from storage.projects import Project, fingerprint, read_project

DIGITS = Path(__file__).parents[2] / "examples" / "digits"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example's project, to be broken."""
    copy = tmp_path / "digits"
    shutil.copytree(DIGITS, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def edit(folder: Path, name: str, old: str, new: str) -> None:
    """Replace text in one of the folder's files; it must be there, once."""
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def problems(folder: Path) -> list[str]:
    """Return what is wrong with a folder that must not be sound."""
    with pytest.raises(ProjectError) as caught:
        read_project(folder)
    return list(caught.value.problems)


def rule(**changes: object) -> str:
    """Return a suite of one expectation."""
    sound = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "source"}}
    return json.dumps({"expectations": [{**sound, **changes}]})


def test_the_example_is_read_as_a_whole() -> None:
    """What its files say, checked, and the functions that they name."""
    project = read_project(DIGITS)
    assert (project.config.name, project.topics.samples, list(project.samples)) == ("digits", "digits.samples", [1])
    assert len(project.rules) == 7
    assert project.guideline.startswith("# Labeling digits")
    payloads, labels = project.trainer.gold_seed()
    assert len(project.trainer.train(payloads, labels).predict(payloads[:3])) == 3


def test_the_example_screens_by_what_its_files_say() -> None:
    """Contract, rules, duplicates and routing are in force."""
    project, pixels = read_project(DIGITS), [8] * 64
    good = record(source="scanner-1", payload={"pixels": pixels}, attributes={"origin": "a"})
    good |= {"contract": 1, "prediction": {"model": "m", "scores": {"1": 0.9, "7": 0.1}}}
    near = {**good, "sample_id": "other", "payload": {"pixels": [9, *pixels[1:]]}}
    dark = {**good, "sample_id": "dark", "payload": {"pixels": [17, *pixels[1:]]}}
    frame = Frame.of("digits.samples", 0, kafka([encoded(x) for x in (good, near, dark)]))
    outcome = screen(frame, State(), project.screening)
    assert [run.disposition for run in outcome.receipt.runs] == [
        Disposition.ACCEPTED,
        Disposition.DUPLICATE,
        Disposition.REJECTED,
    ]


def test_versions_follow_what_they_name(folder: Path) -> None:
    """A changed rule changes the suite's fingerprint and no other; a changed policy likewise; a title neither."""
    before = read_project(folder).screening.versions
    edit(folder, "project.toml", 'title = "Handwritten', 'title = "Digits, handwritten')
    assert read_project(folder).screening.versions == before
    edit(folder, "expectations.json", '"min_value": 0.1', '"min_value": 0.2')
    suite = read_project(folder).screening.versions
    edit(folder, "project.toml", "distance = 2.5", "distance = 2.6")
    policy = read_project(folder).screening.versions
    assert (suite.suite != before.suite, suite.policy == before.policy) == (True, True)
    assert (policy.suite == suite.suite, policy.policy != suite.policy) == (True, True)


def test_a_fingerprint_does_not_depend_on_the_order_of_keys() -> None:
    """Only on what is said."""
    assert fingerprint({"a": 1, "b": [2]}) == fingerprint({"b": [2], "a": 1}) != fingerprint({"a": 1, "b": [3]})


@pytest.mark.parametrize("name", ["expectations.json", "guideline.md", "contract.py", "trainer.py", "project.toml"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    """Once for each place that needs it."""
    (folder / name).unlink()
    found = problems(folder)
    assert found
    assert all(f"{name} is missing" in problem or name in problem for problem in found)


@pytest.mark.parametrize("name", ["expectations.json", "guideline.md", "project.toml"])
@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_file_is_named_once(folder: Path, name: str, content: bytes) -> None:
    """It is not also called malformed."""
    (folder / name).write_bytes(content)
    (found,) = problems(folder)
    assert found.startswith(f"{name} is empty: it holds ")


@pytest.mark.parametrize("name", ["expectations.json", "guideline.md", "project.toml"])
def test_a_file_that_is_no_text_is_named(folder: Path, name: str) -> None:
    """Whatever is in it."""
    (folder / name).write_bytes(b"\xff\xfe\x00")
    (found,) = problems(folder)
    assert found.startswith(f"{name} cannot be read: ")


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("project.toml", "name = ", "project.toml is not valid TOML: "),
        ("project.toml", "a = " + "[" * 100_000, "project.toml is not valid TOML: "),
        ("project.toml", "a = " + "9" * 5_000, "project.toml is not valid TOML: "),
        ("expectations.json", "{", "expectations.json is not valid JSON: "),
        ("expectations.json", "[" * 100_000, "expectations.json is not valid JSON: "),
        ("expectations.json", "9" * 5_000, "expectations.json is not valid JSON: "),
        ("expectations.json", "[]", "expectations.json must hold one JSON object"),
        ("expectations.json", "{}", "the suite has no list of `expectations`"),
        ("expectations.json", '{"expectations": []}', "the suite has no row-level expectation"),
        ("expectations.json", rule(type="expect_wonders"), "expectation 1: expect_wonders is not supported"),
        ("expectations.json", rule(severity="fatal"), "expectation 1: "),
        ("expectations.json", rule(kwargs={"column": "colour"}), "names the column 'colour'"),
        ("expectations.json", rule(kwargs={"column": "source", "mostly": 2}), "sets mostly to 2"),
        ("contract.py", "def (", "contract.models.1: contract.py fails when imported: SyntaxError"),
        ("contract.py", "1 / 0", "contract.models.1: contract.py fails when imported: ZeroDivisionError"),
        ("contract.py", "raise SystemExit", "contract.models.1: contract.py fails when imported: SystemExit"),
        ("contract.py", "", "contract.models.1: contract.py defines no DigitV1"),
        ("contract.py", "DigitV1 = None", "contract.py:DigitV1 must be a subclass of schemas.samples.Payload"),
        ("contract.py", "class DigitV1: pass", "contract.py:DigitV1 must be a subclass of schemas.samples.Payload"),
        (
            "contract.py",
            "from schemas.samples import Payload as DigitV1",
            "contract.py:DigitV1 must be a subclass of schemas.samples.Payload",
        ),
    ],
)
def test_a_broken_file_is_told_what_is_wrong_with_it(folder: Path, name: str, content: str, problem: str) -> None:
    """And nothing else is: one cause, one problem."""
    (folder / name).write_text(content, encoding="utf-8")
    (found,) = problems(folder)
    assert problem in found


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('field = "pixels"  ', 'field = "pixles"  ', "the contract has no field pixles; it has pixels"),
        ('field = "pixels",', 'field = "pixles",', "the contract has no field 'pixles'; `embedding` is one too"),
        ('field = "pixels",', 'field = "ink",', "routing.space.field: the contract has no field 'ink'"),
        (
            "below = 0.1 ",
            'columns = ["colour"] ',
            "routing.rare.columns: samples of this contract have no column 'colour'",
        ),
        ("[overlap]", "[routing.own.louder]\n[overlap]", "no installed package has it as an entry point"),
        ("current = 1", "current = 2", "project.toml: contract: Value error, current = 2 is none of the models [1]"),
        ("partitions = 4", "partitions = 0", "project.toml: partitions: Input should be greater than or equal to 1"),
        ("partitions = 4", "partition = 4", "project.toml: partition: Extra inputs are not permitted"),
        ('"contract.py:DigitV1"', '"contract.py:DigitV2"', "contract.models.1: contract.py defines no DigitV2"),
        ('"contract.py:DigitV1"', '"contracts.py:DigitV1"', "contract.models.1: contracts.py is missing"),
        ('"trainer.py:train"', '"trainer.py:trian"', "trainer.train: trainer.py defines no trian"),
        ('"trainer.py:train"', '"trainer.py:SEED"', "trainer.train: trainer.py:SEED must be a function"),
        ('"guideline.md"', '"."', "project.toml: guideline: String should match pattern"),
        ('"guideline.md"', '"guide.md"', "guide.md is missing: it holds the guideline that labelers follow"),
    ],
)
def test_a_wrong_entry_is_told_what_is_wrong_with_it(folder: Path, old: str, new: str, problem: str) -> None:
    """With its place in the file, or the file that it names."""
    edit(folder, "project.toml", old, new)
    assert [one for one in problems(folder) if problem in one]


@pytest.mark.parametrize("value", ["None", "7"])
def test_a_name_that_stands_for_no_function_is_told_so(folder: Path, value: str) -> None:
    """Here, and not when the first version is trained."""
    with (folder / "trainer.py").open("a", encoding="utf-8") as file:
        file.write(f"\ngold_test = {value}\n")
    assert problems(folder) == ["trainer.gold_test: trainer.py:gold_test must be a function."]


def test_everything_wrong_is_named_at_once(folder: Path) -> None:
    """A user mends all of it in one go."""
    edit(folder, "project.toml", "trainer.py:gold_test", "trainer.py:gold")
    edit(folder, "project.toml", '"guideline.md"', '"guide.md"')
    (folder / "contract.py").write_text("class DigitV1: pass", encoding="utf-8")
    (folder / "expectations.json").write_text(rule(type="expect_wonders"), encoding="utf-8")
    told = "\n".join(problems(folder))
    places = [told.index(part) for part in ("contract.py:DigitV1", "defines no gold", "guide.md", "expect_wonders")]
    assert (len(problems(folder)), sorted(places)) == (4, places)


def test_the_message_holds_every_problem(folder: Path) -> None:
    """It is what the command line shows."""
    (folder / "guideline.md").unlink()
    (folder / "expectations.json").unlink()
    with pytest.raises(ProjectError, match="has 2 problem") as caught:
        read_project(folder)
    assert all(problem in str(caught.value) for problem in caught.value.problems)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """It has no project.toml."""
    assert problems(tmp_path / "nowhere") == ["project.toml is missing: it holds what governs the project."]


def test_a_payload_may_not_take_a_name_of_the_sample_around_it(folder: Path) -> None:
    """A rule on the column could not tell the two apart."""
    edit(folder, "contract.py", "    pixels: Anno", "    source: str\n    pixels: Anno")
    (found,) = problems(folder)
    assert "source is a name of the sample around the payload" in found


@pytest.mark.parametrize("kind", ["str", "int", "dict[str, int]", "str | None"])
def test_duplicates_are_measured_on_lists_of_numbers(folder: Path, kind: str) -> None:
    """Anything else has no distance."""
    edit(folder, "contract.py", "    pixels: Anno", f"    scan: {kind}\n    pixels: Anno")
    edit(folder, "project.toml", 'field = "pixels"  ', 'field = "scan"  ')
    assert problems(folder) == ["duplicates.field: scan must be a list of numbers, to measure distances."]


@pytest.mark.parametrize(
    "path", ["/etc/hostname", "../outside.md", "a/../../outside.md", "~/outside.md", "a\\\\u0000b", "x" * 500]
)
@pytest.mark.parametrize(
    "old", ['"guideline.md"', '"expectations.json"', '"contract.py:DigitV1"', '"trainer.py:train"']
)
def test_a_path_that_leads_out_of_the_folder_is_refused(folder: Path, old: str, path: str) -> None:
    """Before anything is opened: the file outside exists."""
    (folder.parent / "outside.md").write_text("secret", encoding="utf-8")
    edit(folder, "project.toml", old, f'"{path}"')
    (found,) = problems(folder)
    assert ("String should match pattern" in found) or ("String should have at most" in found)


@pytest.mark.parametrize("name", ["guideline.md", "expectations.json", "contract.py", "trainer.py", "project.toml"])
def test_a_link_that_leads_out_of_the_folder_is_refused(folder: Path, name: str) -> None:
    """What it leads to is not the project's, and it is not shown."""
    outside = folder.parent / "outside"
    shutil.move(folder / name, outside)
    (folder / name).symlink_to(outside)
    found = problems(folder)
    assert found
    assert all(f"{name} cannot be read: it leads out of the project folder." in problem for problem in found)


def test_a_folder_may_itself_be_a_link(folder: Path, tmp_path: Path) -> None:
    """Its files are within what it leads to."""
    (tmp_path / "link").symlink_to(folder)
    assert read_project(tmp_path / "link").config.name == "digits"


def test_contracts_may_postpone_annotations_and_trainers_define_dataclasses(folder: Path) -> None:
    """Both look up names in the module that they are in, while it is being read."""
    later = "from __future__ import annotations\n"
    for name in ("contract.py", "trainer.py"):
        (folder / name).write_text(later + (folder / name).read_text(encoding="utf-8"), encoding="utf-8")
    with (folder / "trainer.py").open("a", encoding="utf-8") as file:
        file.write("\nfrom dataclasses import dataclass\n@dataclass\nclass Kept:\n    many: list[int]\n")
    assert screened(read_project(folder)) == [Disposition.REJECTED]


def screened(project: Project) -> list[Disposition]:
    """Return what becomes of a record without a payload."""
    frame = Frame.of("t", 0, kafka([encoded(record(contract=1))]))
    return [run.disposition for run in screen(frame, State(), project.screening).receipt.runs]


def test_a_version_is_registered_as_its_dead_letter_says(folder: Path) -> None:
    """The violation names the files and the line to add; from then on the expectations judge such records."""
    value = encoded(record(contract=7, payload={"pixels": [8] * 64}, source="scanner-1"))
    frame = Frame.of("t", 0, kafka([value]))
    (letter,) = screen(frame, State(), read_project(folder).screening).rejected.values()
    (told,) = letter.violations
    assert (told.rule, told.where, told.seen) == ("contract.unknown_version", "contract", "7")
    assert all(
        part in told.allowed for part in ('7 = "contract.py:CLASS"', "contract.py", "[contract] in project.toml")
    )
    with (folder / "contract.py").open("a", encoding="utf-8") as file:
        file.write("\nclass DigitV7(DigitV1):\n    note: str = ''\n")
    edit(folder, "project.toml", 'contract.py:DigitV1" }', 'contract.py:DigitV1", 7 = "contract.py:DigitV7" }')
    outcome = screen(frame, State(), read_project(folder).screening)
    rules = [one.rule for letter in outcome.rejected.values() for one in letter.violations]
    assert [rule for rule in rules if rule.startswith("contract.")] == []


def test_two_folders_may_have_files_of_one_name(folder: Path, tmp_path: Path) -> None:
    """Neither's classes become the other's, and a file that failed leaves nothing behind."""
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    edit(other, "contract.py", "max_length=64", "max_length=65")
    first, second = (read_project(one).samples[1].model_json_schema() for one in (folder, other))
    assert first != second
    (other / "contract.py").write_text("1 / 0", encoding="utf-8")
    problems(other)
    assert not [
        name for name, module in sys.modules.items() if getattr(module, "__file__", "") == str(other / "contract.py")
    ]


def test_the_config_can_be_written_and_read_again() -> None:
    """As it is in the manifest of a version."""
    config = read_project(DIGITS).config
    assert ProjectConfig.model_validate_json(config.model_dump_json()) == config


def test_a_signal_of_an_installed_package_is_made_with_its_options(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its entry point; options that it does not take are told where they stand."""
    site = tmp_path / "site"
    (site / "loud-1.0.dist-info").mkdir(parents=True)
    (site / "loud-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: loud\nVersion: 1.0\n")
    (site / "loud-1.0.dist-info" / "entry_points.txt").write_text("[assay.signals]\nloud = loud:Loud\n")
    (site / "loud.py").write_text("class Loud:\n    def __init__(self, above):\n        self.above = above\n")
    monkeypatch.syspath_prepend(site)
    edit(folder, "project.toml", "[overlap]", "[routing.own.loud]\noptions = { above = 3 }\n[overlap]")
    assert read_project(folder).screening.own["loud"].above == 3  # type: ignore[attr-defined]
    edit(folder, "project.toml", "above = 3", "below = 3")
    assert any("routing.own.loud: it cannot be made: TypeError" in problem for problem in problems(folder))


def test_slices_of_the_dataset_are_cut_by_columns_that_there_are(folder: Path) -> None:
    """Any attribute may be named, and the label."""
    for name in ("attributes.noise", "label", "pixel"):
        edit(folder, "project.toml", "[drift]\n", f'[[dataset.slices]]\ncolumn = "{name}"\nvalue = 1\n\n[drift]\n')
    (found,) = problems(folder)
    assert found.startswith("dataset.slices: pixel is no column")


def test_only_what_gold_samples_have_can_be_guarded(folder: Path) -> None:
    """They have no source, nor any prediction."""
    for name in ("attributes.noise", "source"):
        slice_of = f'[[dataset.slices]]\ncolumn = "{name}"\nvalue = "a"\nguarded = true\n'
        edit(folder, "project.toml", "[drift]\n", f"{slice_of}\n[drift]\n")
    (found,) = problems(folder)
    assert found.startswith("dataset.slices: source cannot be guarded")


def test_the_folder_of_media_is_one_of_the_project(folder: Path) -> None:
    """It is there, no link leads out of it, and what it is said beside makes sense."""
    edit(folder, "project.toml", 'field = "pixels"\nspan', 'media = "pictures"\nspan')
    assert problems(folder) == ["view.media: pictures is no folder: it holds the images that samples name."]
    (folder / "pictures").symlink_to("/tmp")  # noqa: S108 - any folder outside
    assert problems(folder) == ["view.media: pictures cannot be read: it leads out of the project folder."]
    (folder / "pictures").unlink()
    (folder / "pictures").mkdir()
    assert read_project(folder).media == folder / "pictures"
    for name in ("../pictures", "/pictures", ".git", "a/../..", "pictures/"):
        edit(folder, "project.toml", 'media = "pictures"', f'media = "{name}"')
        assert "view.media" in problems(folder)[0]
        edit(folder, "project.toml", f'media = "{name}"', 'media = "pictures"')
    edit(folder, "project.toml", 'media = "pictures"', 'media = "pictures"\nfield = "pixels"')
    assert "leave field, renderer and another kind out" in problems(folder)[0]
