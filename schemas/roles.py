"""Roles, and what each may do: the one place that says so."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field

# What somebody is called, or one of their tokens.
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]


class Role(StrEnum):
    """What somebody is in a project; a person has one role, and an account for each project."""

    LABELER = "labeler"  # answers what is asked, blind
    LEAD = "lead"  # settles what labelers disagree about, and labels
    ENGINEER = "engineer"  # looks after stream and datasets; sees too much to label
    ADMIN = "admin"  # says who may do what; may do everything


class Permission(StrEnum):
    """Something that not everybody may do; whoever is known in a project may read its guidelines and its queue."""

    LABEL = "label"  # claim, answer, take back, skip; one's own record
    FINDINGS = "findings"  # what labelers confuse, and what a guideline did to that, and how tasks are concluded
    SAMPLES = "samples"  # dead letters, all that is known of one sample, which ones a dataset version changed
    REPORTS = "reports"  # how each labeler works, by name
    PUBLISH = "publish"  # try and publish guidelines
    ADJUDICATE = "adjudicate"  # see what labelers said of a task that was set aside, and settle it
    GOLD = "gold"  # see, make and retire gold
    ADMINISTER = "administer"  # accounts, roles, codes, and the trail


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.LABELER: frozenset({Permission.LABEL}),
    Role.LEAD: frozenset(Permission) - {Permission.ADMINISTER},
    Role.ENGINEER: frozenset({Permission.FINDINGS, Permission.SAMPLES}),
    Role.ADMIN: frozenset(Permission),
}
