"""A project's topics as an AsyncAPI document: what is on each, how it is keyed, who publishes it.

AsyncAPI 3.0.0 (https://www.asyncapi.com/docs/reference/specification/v3.0.0) with the Kafka bindings 0.5.0. Its schemas
are draft-07 with references into the document, so tuples are told as that draft tells them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core.core_schema import TupleSchema

from catalog.manifest import DatasetPublished
from quality.replay import ORIGIN, REPLAY_ID, REPLAYS
from schemas.feedback import Feedback
from schemas.labels import Label, Retraction
from schemas.routing import Steering
from schemas.topics import Topics
from schemas.verdicts import AcceptedSample, DeadLetter, Event, Receipt, TaskRequest
from storage.projects import Project

SPECIFICATION, BINDINGS = "3.0.0", "0.5.0"
REFERENCE = "#/components/schemas/{model}"

SAMPLES_KEY = {"type": ["string", "null"], "description": "the key that the producer gave the record"}
NO_KEY = {"type": "null"}


@dataclass(frozen=True, kw_only=True)
class _Output:
    """What Assay publishes on one topic; `topic` is the name of a property of `Topics`."""

    topic: str
    event: type[Event]
    key: Mapping[str, Any]


# What a replayed dead letter has beside its original headers; producers write none of them.
REPLAY_HEADERS = {
    "type": "object",
    "properties": {
        ORIGIN: {
            "type": "string",
            "pattern": "^.+/[0-9]+/[0-9]+$",
            "description": "of a replay: TOPIC/PARTITION/OFFSET of the sample's first appearance",
        },
        REPLAYS: {"type": "string", "pattern": "^[0-9]+$", "description": "of a replay: how many there were, with it"},
        REPLAY_ID: {"type": "string", "format": "uuid", "description": "of a replay: its entry in the ledger"},
    },
}

# What producers publish.
INPUTS = ("samples", "feedback")
FEEDBACK_KEY = {
    "type": ["string", "null"],
    "description": "the sample_id, so that feedback on one sample stays in order",
}
SOURCE_KEY = {"type": "string", "description": "the sample's source"}
TASK_KEY = {"type": "string", "pattern": "^[0-9]+$", "description": "the task's id"}
OUTPUTS = (
    _Output(topic="accepted", event=AcceptedSample, key=SAMPLES_KEY),
    _Output(topic="rejected", event=DeadLetter, key=SAMPLES_KEY),
    _Output(topic="tasks", event=TaskRequest, key=SAMPLES_KEY),
    _Output(topic="receipts", event=Receipt, key=NO_KEY),
    _Output(topic="labels", event=Label, key=TASK_KEY),
    _Output(topic="labels", event=Retraction, key=TASK_KEY),
    _Output(topic="steering", event=Steering, key={"type": "string", "description": "the project's name"}),
    _Output(topic="datasets", event=DatasetPublished, key={"type": "string", "description": "the project's name"}),
)


class _Draft7(GenerateJsonSchema):
    """JSON Schema as AsyncAPI's own schema format has it: `items` and `additionalItems` for `prefixItems`, `items`."""

    def tuple_schema(self, schema: TupleSchema) -> JsonSchemaValue:
        """Return the schema of a tuple."""
        made = super().tuple_schema(schema)
        if "prefixItems" not in made:
            return made
        rest = {"additionalItems": made.pop("items")} if "items" in made else {}
        return {**made, **rest, "items": made.pop("prefixItems")}


def document(project: Project) -> dict[str, Any]:
    """Return the AsyncAPI document of a project's topics, with every contract version on `P.samples`."""
    versions = {f"SampleV{version}": sample for version, sample in sorted(project.samples.items())}
    inputs: list[tuple[Any, JsonSchemaMode]] = [(each, "validation") for each in (*versions.values(), Feedback)]
    outputs: list[tuple[Any, JsonSchemaMode]] = [(output.event, "serialization") for output in OUTPUTS]
    references, defined = models_json_schema([*inputs, *outputs], ref_template=REFERENCE, schema_generator=_Draft7)
    samples = {
        name: {**_message(name, references[sample, "validation"], SOURCE_KEY), "headers": REPLAY_HEADERS}
        for name, sample in versions.items()
    }
    messages = {
        each.event.__name__: _message(each.event.__name__, references[each.event, "serialization"], each.key)
        for each in OUTPUTS
    }
    messages["Feedback"] = _message("Feedback", references[Feedback, "validation"], FEEDBACK_KEY)
    channels = {"samples": list(versions), "feedback": ["Feedback"]}
    for each in OUTPUTS:
        channels.setdefault(each.topic, []).append(each.event.__name__)
    return {
        "asyncapi": SPECIFICATION,
        "info": {"title": project.config.title, "version": str(project.config.contract.current)},
        "defaultContentType": "application/json",
        "channels": {name: _channel(project, name, carried) for name, carried in channels.items()},
        "operations": {name: _operation(name) for name in channels},
        "components": {"messages": {**samples, **messages}, "schemas": defined.get("$defs", {})},
    }


def _channel(project: Project, name: str, messages: Sequence[str]) -> dict[str, Any]:
    said = getattr(Topics, name).__doc__
    return {
        "address": getattr(project.topics, name),
        "description": said,
        "messages": {message: {"$ref": f"#/components/messages/{message}"} for message in messages},
        "bindings": {"kafka": {"partitions": project.config.partitions, "bindingVersion": BINDINGS}},
    }


def _operation(name: str) -> dict[str, Any]:
    """Return what Assay does with a channel; others may do the reverse."""
    return {"action": "receive" if name in INPUTS else "send", "channel": {"$ref": f"#/channels/{name}"}}


def _message(name: str, payload: JsonSchemaValue, key: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "payload": payload, "bindings": {"kafka": {"key": dict(key), "bindingVersion": BINDINGS}}}
