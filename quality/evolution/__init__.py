"""How a contract evolves: two versions of a payload model, what changed between them, and what that breaks.

The words are those of schema registries (Confluent, "Schema Evolution and Compatibility",
https://docs.confluent.io/platform/current/schema-registry/fundamentals/schema-evolution.html; Apache Avro's
"Schema Resolution", https://avro.apache.org/docs/current/specification/#schema-resolution):

- backward compatible: every payload that the old version lets in, the new one lets in and reads the same. Stored
  samples can be read again, and old producers may name the new version without a change. `breaking` is its absence.
- forward compatible: the same the other way round: what new producers send, old consumers can read.
- full: both.

Read the same means: each field that the first version read has an equal JSON value when the second has read it. So
this is stricter than a registry in three places: another default, a float that takes the place of an unbounded
integer, and a column that is gone (expectations may name it) are breaking too.

What cannot be decided is called `unknown` and counts as breaking: validators, serializers, computed fields and default
factories whose code differs, patterns that both restrict, unions whose alternatives overlap. Code is compared as it is
written, not by what it calls: a validator that calls another function, or reads a name of its class, is taken for
unchanged as long as its own text is.
"""

from quality.evolution.changes import Change, ChangeKind, Compatibility, Evolution
from quality.evolution.versions import evolution

__all__ = ["Change", "ChangeKind", "Compatibility", "Evolution", "evolution"]
