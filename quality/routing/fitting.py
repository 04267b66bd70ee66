"""Whether samples of a contract have what a routing policy names."""

from collections.abc import Iterator

from quality.columns import is_known, kinds
from schemas.routing import RoutingPolicy
from schemas.samples import Payload

# Where vectors are that no payload has to hold.
EMBEDDING = "embedding"


def misfits(policy: RoutingPolicy, payload: type[Payload]) -> Iterator[str]:
    """Yield what is wrong, each with the place in `project.toml`; nothing where the policy fits the contract."""
    for where, column in _columns(policy):
        if not is_known(column, payload):
            yield f"{where}: samples of this contract have no column {column!r}."
    field = policy.space.field if policy.space else EMBEDDING
    if field == EMBEDDING:
        return
    if field not in payload.model_fields:
        yield f"routing.space.field: the contract has no field {field!r}; `{EMBEDDING}` is one too."
    elif not lists_numbers(field, payload):
        yield f"routing.space.field: {field} must be a list of numbers, to measure distances."


def lists_numbers(field: str, payload: type[Payload]) -> bool:
    """Say whether a field may be a list, and is nothing else but absent; of what, a contract need not say."""
    return not kinds(field, payload) - {"array"}


def _columns(policy: RoutingPolicy) -> Iterator[tuple[str, str]]:
    """Yield the columns that a policy names, each after the place where it does."""
    yield from (("routing.fair", column) for column in policy.fair)
    yield from (("routing.rare.columns", column) for column in (policy.rare.columns if policy.rare else ()))
    yield from ((f"routing.quotas.{number}.column", quota.column) for number, quota in enumerate(policy.quotas))
    if policy.disagreement:
        yield "routing.disagreement.column", policy.disagreement.column
