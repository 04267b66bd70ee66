"""The fast reading of a contract: msgspec structs compiled from pydantic's own schema of it.

What a struct accepts pydantic accepts too, with equal values; what a struct refuses says nothing yet, and pydantic is
asked. How they are made stands in `quality.compiling`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, get_args, get_origin

import msgspec
from pydantic import BaseModel

from quality.compiling import Unsupported, compile_schema, holds
from quality.computed import SCALARS
from quality.instants import read, read_all

# More brackets than these may stand for nesting that pydantic does not follow.
MOST_BRACKETS = 150
# As a number, for which bytes are searched six times faster than for bytes of length one.
BACKSLASH = ord("\\")


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A compiled contract. `nested` are the payload's fields that hold structs, `computed` its computed fields.

    `fields` are the payload's own fields in their order, and `floats` those whose values are floats and nothing else.
    `columns` are the names of all of them. `deep` says that a record may nest without end, for some field holds any
    value.
    """

    decoder: msgspec.json.Decoder[Any]
    deep: bool
    nested: frozenset[str]
    fields: tuple[str, ...]
    floats: frozenset[str]
    computed: tuple[Callable[[Any], object], ...]
    columns: frozenset[str]

    def read(self, values: Sequence[bytes | None]) -> dict[int, Any]:
        """Return the samples among `values` by their places, but for those that only pydantic can judge."""
        found: dict[int, Any] = {}
        decode = self.decoder.decode
        for place, value in enumerate(values):
            try:
                found[place] = decode(value)  # type: ignore[arg-type]
            except Exception:  # noqa: BLE001, S112 - whatever it is, pydantic will say it better
                continue
        # A NUL cannot be kept, and pydantic does not follow every nesting.
        escaped = [place for place in found if BACKSLASH in values[place]]  # type: ignore[operator]
        doubtful = [place for place in escaped if b"\\u0000" in values[place]]  # type: ignore[operator]
        if self.deep:
            doubtful += [place for place in found if brackets(values[place]) > MOST_BRACKETS]  # type: ignore[arg-type]
        for place in doubtful:
            found.pop(place, None)
        found = _timed(found)
        return self._computable(found) if self.computed else found

    def _computable(self, found: dict[int, Any]) -> dict[int, Any]:
        """Return the samples all of whose computed fields can be computed, and are plain values."""
        if self._computes(found.values()):
            return found
        return {place: one for place, one in found.items() if self._computes([one])}

    def _computes(self, samples: Iterable[Any]) -> bool:
        try:
            return all({type(compute(one)) for one in samples} <= SCALARS for compute in self.computed)
        except Exception:  # noqa: BLE001 - a project's code may raise anything
            return False


def _timed(found: dict[int, Any]) -> dict[int, Any]:
    """Return the samples whose times can be read, with these in place of their texts."""
    times = read_all([one.occurred_at for one in found.values()])
    for one, time in zip(found.values(), times, strict=True):
        one.occurred_at = time
    return {place: one for place, one in found.items() if one.occurred_at is not None} if None in times else found


def brackets(value: bytes) -> int:
    """Return how many brackets a JSON text opens: it nests no deeper."""
    return value.count(b"[") + value.count(b"{")


def compiled(sample: type[BaseModel]) -> Compiled | None:
    """Return what reads only samples that `sample` accepts, with equal values; None where there is no such thing."""
    try:
        kind, deep = compile_schema(sample.__pydantic_core_schema__)
        payload = next(field.type for field in msgspec.structs.fields(kind) if field.name == "payload")
        fields = msgspec.structs.fields(payload)
        computed = [name for name, one in vars(payload).items() if isinstance(one, property)]
        return Compiled(
            decoder=msgspec.json.Decoder(kind, dec_hook=read),
            deep=deep,
            nested=frozenset(field.name for field in fields if holds(field.type, msgspec.Struct)),
            fields=tuple(field.name for field in fields),
            floats=frozenset(field.name for field in fields if _is_float(field)),
            computed=tuple(attrgetter(f"payload.{name}") for name in computed),
            columns=frozenset([*computed, *(field.name for field in fields)]),
        )
    except (Unsupported, TypeError, ValueError):
        return None


def _is_float(field: msgspec.structs.FieldInfo) -> bool:
    """Say whether a field holds floats only: a default is kept as it is, so it may be another number."""
    kind = get_args(field.type)[0] if get_origin(field.type) is Annotated else field.type
    return kind is float and (field.default is msgspec.NODEFAULT or type(field.default) is float)


def plain(value: Any) -> Any:
    """Return a value in which structs stand as dictionaries, as pydantic dumps a model."""
    if isinstance(value, msgspec.Struct):
        return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(plain(one) for one in value)
    return value
