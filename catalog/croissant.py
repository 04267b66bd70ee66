"""The version in Croissant 1.0, the JSON-LD vocabulary of ML Commons for datasets."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from catalog.manifest import File, Manifest

# http://mlcommons.org/croissant/1.0 prescribes this context.
CONTEXT: dict[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}

PARQUET = "application/x-parquet"


def croissant(made: Manifest, schema: pa.Schema) -> dict[str, Any]:
    """Return the description of a version whose Parquet files all have `schema`."""
    governing = made.governing
    parquet = [file for file in made.files if file.name.endswith(".parquet")]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.0",
        "name": governing.project,
        "description": _description(made),
        "version": f"0.0.0+{made.content_hash[:12]}",
        "identifier": f"sha256:{made.content_hash}",
        "distribution": [_file(file) for file in parquet],
        "recordSet": [_record_set(file, schema) for file in parquet],
    }


def _description(made: Manifest) -> str:
    text = f"{made.governing.title}. {made.rows} labeled rows."
    return text if not made.simulated else f"{text} Labels are simulated in {made.simulated} of them."


def _file(file: File) -> dict[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name,
        "contentUrl": file.name,
        "contentSize": f"{file.bytes} B",
        "encodingFormat": PARQUET,
        "sha256": file.sha256,
    }


def _record_set(file: File, schema: pa.Schema) -> dict[str, Any]:
    split = file.name.removesuffix(".parquet")
    fields: Sequence[pa.Field] = list(schema)
    return {
        "@type": "cr:RecordSet",
        "@id": split,
        "name": split,
        "key": [{"@id": f"{split}/sample_id"}, {"@id": f"{split}/copy"}],
        "field": [_field(f"{split}/{field.name}", file.name, field.name, field.type) for field in fields],
    }


def _field(name: str, file: str, column: str, kind: pa.DataType) -> dict[str, Any]:
    repeated = pa.types.is_list(kind)
    single = kind.value_type if repeated else kind
    return {
        "@type": "cr:Field",
        "@id": name,
        "name": name,
        **(_parts(name, file, column, single) if pa.types.is_struct(single) else {"dataType": _data_type(single)}),
        **({"repeated": True} if repeated else {}),
        "source": {"fileObject": {"@id": file}, "extract": {"column": column}},
    }


def _parts(name: str, file: str, column: str, kind: pa.DataType) -> dict[str, Any]:
    """Return the fields of a field that has some."""
    return {"subField": [_field(f"{name}/{part.name}", file, f"{column}.{part.name}", part.type) for part in kind]}


def _data_type(kind: pa.DataType) -> str:
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    if pa.types.is_floating(kind):
        return "sc:Float"
    return "sc:DateTime" if pa.types.is_timestamp(kind) else "sc:Text"
