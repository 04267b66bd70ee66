"""Whether the code of a computed field gives for a struct what it gives for the model that the struct stands for."""

import dis
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise
from types import CodeType, FunctionType
from typing import Any

# What pydantic hands on as it is, without looking into it.
SCALARS = frozenset({int, float, str, bool, type(None)})
SCALAR_SCHEMAS = frozenset({"any", "bool", "float", "int", "literal", "none", "str"})
# The instructions that put a local variable on the stack, and those that only share it with an inner function.
LOADS = frozenset({"LOAD_DEREF", "LOAD_FAST", "LOAD_FAST_BORROW"})
SHARES = frozenset({"LOAD_CLOSURE", "MAKE_CELL"})
# What sees the model without being handed it.
SEEING = frozenset({"eval", "exec", "locals", "super", "vars"})


def gives_scalars(returned: Mapping[str, Any]) -> bool:
    """Say whether values of this schema are dumped as they are."""
    inner = returned["schema"] if returned["type"] == "nullable" else returned
    return inner["type"] in SCALAR_SCHEMAS and "serialization" not in {*returned, *inner}


def reads_only(function: object, names: Collection[str]) -> bool:
    """Say whether a property's function looks at nothing of its model but the attributes `names`.

    Its type, its methods and the model as a whole would tell a struct from the model. What changes the values that it
    is given is beyond this: a sample is frozen.
    """
    if type(function) is not FunctionType or function.__code__.co_argcount != 1:
        return False
    model = function.__code__.co_varnames[0]
    return all(_is_clear(code, model, names) for code in _with_inner(function.__code__))


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    """Yield a function's code, and that of the functions in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _with_inner(constant)


def _is_clear(code: CodeType, model: str, names: Collection[str]) -> bool:
    """Say whether each mention of the variable `model` is followed by one of these attributes."""
    if SEEING & set(code.co_names):
        return False
    for step, following in pairwise((*dis.get_instructions(code), None)):
        if step is None or step.opname in SHARES or not _mentions(step, model):
            continue
        if step.opname not in LOADS or following is None:
            return False
        if following.opname != "LOAD_ATTR" or following.argval not in names:
            return False
    return True


def _mentions(step: dis.Instruction, name: str) -> bool:
    """Say whether an instruction handles this variable; later Pythons have some that handle two."""
    return name in step.argval if isinstance(step.argval, tuple) else bool(step.argval == name)
