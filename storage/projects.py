"""Project folders: everything that governs one kind of sample, read and checked as a whole."""

import hashlib
import importlib.util
import json
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from pydantic import ValidationError

from catalog.slices import LABEL
from quality.columns import ENVELOPE, is_known, payload_of
from quality.contracts import Contract
from quality.routing.batch import OwnSignal
from quality.routing.fitting import lists_numbers, misfits
from quality.rules import Rule, compile_suite
from quality.screening import Screening
from quality.sketches.asked import sketching_of, unknown_columns
from schemas.errors import InputError, ProjectError
from schemas.project import ProjectConfig
from schemas.routing import RoutingPolicy
from schemas.samples import AnySample, Payload, versioned
from schemas.topics import Topics
from schemas.verdicts import Versions
from schemas.views import View

# Where packages name the routing signals that they add: each a callable that takes the project's options for it.
SIGNALS = "assay.signals"

Payloads = Sequence[Mapping[str, Any]]
Labelled = tuple[Payloads, Sequence[str]]
# With the attributes of each sample, where slices go by them.
Sliced = Labelled | tuple[Payloads, Sequence[str], Sequence[Mapping[str, Any]]]


class Model(Protocol):
    """A trained model."""

    def predict(self, payloads: Payloads) -> list[str]:
        """Return a class for each payload."""

    def scores(self, payloads: Payloads) -> list[dict[str, float]]:
        """Return each payload's scores by class, which sum to 1."""


@dataclass(frozen=True, kw_only=True)
class Trainer:
    """The project's fixed reference model and its gold sets."""

    train: Callable[[Payloads, Sequence[str]], Model]
    gold_test: Callable[[], Sliced]
    gold_seed: Callable[[], Labelled]


@dataclass(frozen=True, kw_only=True)
class Project:
    """A project folder, read: nothing in it needs checking again."""

    folder: Path
    config: ProjectConfig
    samples: Mapping[int, type[AnySample]]
    suite: Mapping[str, Any]
    rules: tuple[Rule, ...]
    guideline: str
    trainer: Trainer
    signals: Mapping[str, OwnSignal]
    renderer: Callable[[Mapping[str, Any]], str] | None = None
    media: Path | None = None

    @property
    def topics(self) -> Topics:
        """The project's Kafka topics."""
        return Topics(project=self.config.name)

    @property
    def suite_fingerprint(self) -> str:
        """A short hash of the expectation suite: what `suite` says in receipts and manifests."""
        return fingerprint(self.suite)

    @cached_property
    def contract(self) -> Contract:
        """What reads this project's samples; compiled once."""
        return Contract(current=self.config.contract.current, versions=self.samples)

    @property
    def screening(self) -> Screening:
        """What the stream applies to this project's samples."""
        config = self.config
        policy = {"routing": config.routing, "duplicates": config.duplicates}
        return Screening(
            contract=self.contract,
            rules=self.rules,
            duplicates=config.duplicates,
            routing=config.routing.of_partition(config.partitions),
            partitions=config.partitions,
            own=self.signals,
            sketching=sketching_of(
                config.drift,
                payload_of(self.samples[config.contract.current]),
                embedded=config.routing.space is not None and config.routing.space.field == "embedding",
            ),
            versions=Versions(
                contract=config.contract.current,
                suite=self.suite_fingerprint,
                policy=fingerprint({name: part and part.model_dump() for name, part in policy.items()}),
            ),
        )


def fingerprint(value: Any) -> str:
    """Return 12 hex digits of the SHA-256 of `value`'s canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]


def read_project(folder: Path) -> Project:
    """Return the project in `folder`.

    The folder's Python files are run: open only folders whose authors you trust with your account.

    Raises:
        ProjectError: something is wrong with the folder; it names everything that is.
    """
    reading = _Reading(folder.resolve())
    project = reading.project()
    if project is None or reading.problems:
        raise ProjectError(str(folder), reading.problems)
    return project


def load(path: Path) -> ModuleType:
    """Run a Python file of a project folder and return what it became; whatever it raises comes out."""
    # The name is unique to the folder, so that two projects may both have a contract.py.
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(f"_project_{digest}_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses and pydantic look up annotations there
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[spec.name]
        raise
    return module


@dataclass
class _Reading:
    """One pass over a folder, which goes on after a problem to find the others."""

    folder: Path
    problems: list[str] = field(default_factory=list)
    modules: dict[str, ModuleType | None] = field(default_factory=dict)

    def project(self) -> Project | None:
        config = self.config()
        if config is None:
            return None
        payloads = {version: self.payload(version, reference) for version, reference in config.contract.models.items()}
        trainer = Trainer(
            train=self.function("trainer.train", config.trainer.train),
            gold_test=self.function("trainer.gold_test", config.trainer.gold_test),
            gold_seed=self.function("trainer.gold_seed", config.trainer.gold_seed),
        )
        guideline = self.text(config.guideline, "the guideline that labelers follow")
        suite = self.suite(config.suite)
        samples = versioned(payloads)
        current = payload_of(samples[config.contract.current])
        rules = () if suite is None else self.rules(suite, None if current is Payload else current)
        self.check_duplicates(config, current)
        self.check_slices(config, current)
        self.problems += () if current is Payload else unknown_columns(config.drift, current)
        self.problems += () if current is Payload else misfits(config.routing, current)
        return Project(
            folder=self.folder,
            config=config,
            samples=samples,
            suite=suite or {},
            rules=rules,
            guideline=guideline,
            trainer=trainer,
            signals=self.signals(config.routing),
            renderer=self.renderer(config.view, current),
            media=self.media(config.view),
        )

    def config(self) -> ProjectConfig | None:
        text = self.text("project.toml", "what governs the project")
        try:
            return ProjectConfig.model_validate(tomllib.loads(text)) if text else None
        except ValidationError as error:
            self.problems += [
                f"project.toml: {'.'.join(map(str, detail['loc']))}: {detail['msg']}." for detail in error.errors()
            ]
        except (ValueError, RecursionError) as error:
            self.problems.append(f"project.toml is not valid TOML: {error}.")
        return None

    def text(self, name: str, purpose: str) -> str:
        try:
            text = self.within(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            self.problems.append(f"{name} is missing: it holds {purpose}.")
            return ""
        except (InputError, OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{name} cannot be read: {error}.")
            return ""
        if not text.strip():
            self.problems.append(f"{name} is empty: it holds {purpose}.")
            return ""
        return text

    def within(self, name: str) -> Path:
        """Return the path of a file of the folder; a link may not lead out of it."""
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder):
            raise InputError("it leads out of the project folder")
        return path

    def suite(self, name: str) -> Mapping[str, Any] | None:
        text = self.text(name, "the Great Expectations suite")
        if not text:
            return None
        try:
            suite = json.loads(text)
        except (ValueError, RecursionError) as error:
            self.problems.append(f"{name} is not valid JSON: {error}.")
            return None
        if not isinstance(suite, dict):
            self.problems.append(f"{name} must hold one JSON object, a Great Expectations suite.")
            return None
        return suite

    def rules(self, suite: Mapping[str, Any], payload: type[Payload] | None) -> tuple[Rule, ...]:
        try:
            return compile_suite(suite, payload)
        except InputError as error:
            self.problems += str(error).splitlines()
            return ()

    def payload(self, version: int, reference: str) -> type[Payload]:
        model = self.named(f"contract.models.{version}", reference)
        if isinstance(model, type) and issubclass(model, Payload) and model is not Payload:
            self.check_names(version, model)
            return model
        if model is not _absent:
            self.problems.append(
                f"contract.models.{version}: {reference} must be a subclass of schemas.samples.Payload."
            )
        return Payload

    def check_names(self, version: int, payload: type[Payload]) -> None:
        taken = sorted((payload.model_fields.keys() | payload.model_computed_fields.keys()) & set(ENVELOPE))
        if taken:
            self.problems.append(
                f"contract.models.{version}: {', '.join(taken)} is a name of the sample around the payload: "
                "rules could not tell the two apart."
            )

    def function(self, where: str, reference: str) -> Callable[..., Any]:
        function = self.named(where, reference)
        if not callable(function):
            self.problems.append(f"{where}: {reference} must be a function.")
            return _absent
        return function

    def named(self, where: str, reference: str) -> object:
        """Return what `file.py:name` stands for; `_absent`, with a problem noted, where it stands for nothing."""
        file, name = reference.split(":")
        if file not in self.modules:
            self.modules[file] = self.module(file, where)
        module = self.modules[file]
        if module is None:
            return _absent
        if not hasattr(module, name):
            self.problems.append(f"{where}: {file} defines no {name}.")
        return getattr(module, name, _absent)

    def module(self, file: str, where: str) -> ModuleType | None:
        try:
            path = self.within(file)
        except InputError as error:
            self.problems.append(f"{where}: {file} cannot be read: {error}.")
            return None
        if not path.is_file():
            self.problems.append(f"{where}: {file} is missing.")
            return None
        try:
            return load(path)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a user's file raises is a problem of that file
            self.problems.append(f"{where}: {file} fails when imported: {type(error).__name__}: {error}.")
            return None

    def check_duplicates(self, config: ProjectConfig, payload: type[Payload]) -> None:
        policy = config.duplicates
        if policy is None or payload is Payload:
            return
        if policy.field not in payload.model_fields:
            fields = ", ".join(payload.model_fields)
            self.problems.append(f"duplicates.field: the contract has no field {policy.field}; it has {fields}.")
        elif not lists_numbers(policy.field, payload):
            self.problems.append(f"duplicates.field: {policy.field} must be a list of numbers, to measure distances.")

    def check_slices(self, config: ProjectConfig, payload: type[Payload]) -> None:
        self.problems += [
            f"dataset.slices: {one.column} is no column of the contract's samples, no attributes.NAME and not label."
            for one in config.dataset.slices
            if payload is not Payload and one.column != LABEL and not is_known(one.column, payload)
        ]
        self.problems += [
            f"dataset.slices: {one.column} cannot be guarded: gold samples have payload, attributes and label alone."
            for one in config.dataset.slices
            if one.guarded and one.column in ENVELOPE
        ]

    def renderer(self, view: View, payload: type[Payload]) -> Callable[[Mapping[str, Any]], str] | None:
        fields = payload.model_fields
        if view.field is not None and payload is not Payload and view.field not in fields:
            self.problems.append(f"view.field: the contract has no field {view.field}; it has {', '.join(fields)}.")
        return None if view.renderer is None else self.function("view.renderer", view.renderer)

    def media(self, view: View) -> Path | None:
        """Return the folder of the files that samples name, without links in its path."""
        if view.media is None:
            return None
        try:
            folder = self.within(view.media)
        except InputError as error:
            self.problems.append(f"view.media: {view.media} cannot be read: {error}.")
            return None
        if not folder.is_dir():
            self.problems.append(f"view.media: {view.media} is no folder: it holds the images that samples name.")
        return folder

    def signals(self, policy: RoutingPolicy) -> dict[str, OwnSignal]:
        """Return the signals of the project's own, by name, made with their options."""
        found: dict[str, OwnSignal] = {}
        for name, own in policy.own.items():
            entries = entry_points(group=SIGNALS, name=name)
            if not entries:
                self.problems.append(f"routing.own.{name}: no installed package has it as an entry point of {SIGNALS}.")
                continue
            try:
                found[name] = next(iter(entries)).load()(**own.options)
            except Exception as error:  # noqa: BLE001 - whatever a package raises is a problem of that signal
                self.problems.append(f"routing.own.{name}: it cannot be made: {type(error).__name__}: {error}.")
        return found


def _absent(*_: object) -> Any:
    raise InputError("This function is missing from the project folder.")
