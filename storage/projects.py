"""Project folders: everything that governs one kind of sample, read and checked as a whole."""

import hashlib
import importlib.util
import json
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from pydantic import BaseModel, ValidationError

from quality.columns import payload_of
from quality.contracts import Contract
from quality.expectations import Rule, compile_suite
from quality.screening import Screening
from schemas.errors import InputError, ProjectError
from schemas.project import ProjectConfig
from schemas.samples import AnySample, Payload, versioned
from schemas.topics import Topics
from schemas.verdicts import Versions

Payloads = Sequence[Mapping[str, Any]]
Labelled = tuple[Payloads, Sequence[str]]


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
    gold_test: Callable[[], Labelled]
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

    @property
    def topics(self) -> Topics:
        """The project's Kafka topics."""
        return Topics(project=self.config.name)

    @property
    def suite_fingerprint(self) -> str:
        """A short hash of the expectation suite: what `suite` says in receipts and manifests."""
        return fingerprint(self.suite)

    @property
    def screening(self) -> Screening:
        """What the stream applies to this project's samples."""
        config = self.config
        policy = {"routing": config.routing, "duplicates": config.duplicates}
        return Screening(
            contract=Contract(current=config.contract.current, versions=self.samples),
            rules=self.rules,
            duplicates=config.duplicates,
            routing=config.routing,
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
        rules = self.rules(suite, payload_of(samples[config.contract.current]))
        self.check_duplicates(config, payloads[config.contract.current])
        return Project(
            folder=self.folder,
            config=config,
            samples=samples,
            suite=suite,
            rules=rules,
            guideline=guideline,
            trainer=trainer,
        )

    def config(self) -> ProjectConfig | None:
        text = self.text("project.toml", "what governs the project")
        try:
            return ProjectConfig.model_validate(tomllib.loads(text)) if text else None
        except tomllib.TOMLDecodeError as error:
            self.problems.append(f"project.toml is not valid TOML: {error}.")
        except ValidationError as error:
            self.problems += [
                f"project.toml: {'.'.join(map(str, detail['loc']))}: {detail['msg']}." for detail in error.errors()
            ]
        return None

    def text(self, name: str, purpose: str) -> str:
        try:
            text = (self.folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            self.problems.append(f"{name} is missing: it holds {purpose}.")
            return ""
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{name} cannot be read: {error}.")
            return ""
        if not text.strip():
            self.problems.append(f"{name} is empty: it holds {purpose}.")
        return text

    def suite(self, name: str) -> Mapping[str, Any]:
        text = self.text(name, "the Great Expectations suite")
        try:
            suite = json.loads(text) if text else {}
        except json.JSONDecodeError as error:
            self.problems.append(f"{name} is not valid JSON: {error}.")
            return {}
        if not isinstance(suite, dict):
            self.problems.append(f"{name} must hold one JSON object, a Great Expectations suite.")
            return {}
        return suite

    def rules(self, suite: Mapping[str, Any], payload: type[Payload]) -> tuple[Rule, ...]:
        try:
            return compile_suite(suite, payload) if suite else ()
        except InputError as error:
            self.problems += str(error).splitlines()
            return ()

    def payload(self, version: int, reference: str) -> type[Payload]:
        model = self.named(f"contract.models.{version}", reference)
        if isinstance(model, type) and issubclass(model, Payload):
            return model
        if model is not None:
            self.problems.append(
                f"contract.models.{version}: {reference} must be a subclass of schemas.samples.Payload."
            )
        return Payload

    def function(self, where: str, reference: str) -> Callable[..., Any]:
        function = self.named(where, reference)
        if function is not None and not callable(function):
            self.problems.append(f"{where}: {reference} must be a function.")
        return function if callable(function) else _absent

    def named(self, where: str, reference: str) -> object | None:
        """Return what `file.py:name` stands for; None, with a problem noted, where it stands for nothing."""
        file, name = reference.split(":")
        if file not in self.modules:
            self.modules[file] = self.module(file, where)
        module = self.modules[file]
        if module is None:
            return None
        if not hasattr(module, name):
            self.problems.append(f"{where}: {file} defines no {name}.")
        return getattr(module, name, None)

    def module(self, file: str, where: str) -> ModuleType | None:
        path = self.folder / file
        if not path.is_file():
            self.problems.append(f"{where}: {file} is missing.")
            return None
        # The name is unique to the folder, so that two projects may both have a contract.py.
        digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
        spec = importlib.util.spec_from_file_location(f"_project_{digest}_{path.stem}", path)
        if spec is None or spec.loader is None:
            self.problems.append(f"{where}: {file} is not a Python file.")
            return None
        module = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
        except Exception as error:  # noqa: BLE001 - whatever a user's file raises is a problem of that file
            self.problems.append(f"{where}: {file} fails when imported: {type(error).__name__}: {error}.")
            return None
        return module

    def check_duplicates(self, config: ProjectConfig, payload: type[BaseModel]) -> None:
        policy = config.duplicates
        if policy and payload is not Payload and policy.field not in payload.model_fields:
            fields = ", ".join(payload.model_fields)
            self.problems.append(f"duplicates.field: the contract has no field {policy.field}; it has {fields}.")


def _absent(*_: object) -> Any:
    raise InputError("This function is missing from the project folder.")
