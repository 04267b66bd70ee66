"""What a project asks to have sketched: its drift policy, read beside its contract."""

from quality.columns import is_known
from quality.sketches.fields import PREDICTED, fields_of
from quality.sketches.running import Sketching
from schemas.drift import DriftPolicy
from schemas.samples import Payload


def sketching_of(policy: DriftPolicy, payload: type[Payload], *, embedded: bool = False) -> Sketching:
    """Return what is sketched of samples with this payload; without fields in the policy it is all there is.

    Of all there is the embedding is a part where samples are `embedded`.
    """
    named = policy.fields
    if named is None:
        named = (*payload.model_fields, *payload.model_computed_fields, *(field.name for field in PREDICTED))
        named = named if embedded else tuple(name for name in named if name != "embedding")
    return Sketching(
        fields=fields_of(payload, named, policy.texts),
        slices=("source", *(column for column in policy.slices if column != "source")),
        window=policy.window,
    )


def unknown_columns(policy: DriftPolicy, payload: type[Payload]) -> list[str]:
    """Return a problem for each column of the policy that samples with this payload do not have."""
    predicted = {field.name for field in PREDICTED}
    return [
        f"drift.{key}: {column} is no column of the contract's samples and no attributes.NAME."
        for key, columns in (("fields", policy.fields or ()), ("texts", policy.texts), ("slices", policy.slices))
        for column in columns
        if column not in predicted and not is_known(column, payload)
    ]
