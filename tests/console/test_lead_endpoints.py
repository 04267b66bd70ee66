"""The endpoints behind the pages of leads, over HTTP."""

from console.testing import Site
from schemas.roles import Role
from storage.queue import enqueue
from storage.testing import enlist, label_next, task_request


def label(site: Site, *tasks: tuple[str, ...]) -> list[int]:
    """Have tasks labeled by as many labelers as each has answers; return their ids."""
    enqueue(site.engine, site.project, [task_request(site.project.name, offset) for offset in range(len(tasks))])
    labelers = [enlist(site.engine, site.project.name, f"labeler {place}") for place in range(len(tasks[0]))]
    return [
        label_next(site.engine, site.project, labeler, answers[place])
        for place, labeler in enumerate(labelers)
        for answers in tasks
    ][: len(tasks)]


def test_agreement_is_that_of_the_votes_that_count(site: Site) -> None:
    """And says how many of the labels are simulated."""
    label(site, ("cat", "cat"), ("cat", "dog"))
    lead, _ = site.enlist(Role.LEAD)
    told = site.browser(lead).get("/v1/agreement").json()
    assert (told["tasks"], told["labels"], told["simulated"], told["disputed"]["estimate"]) == (2, 4, 4, 0.5)
    assert [(one["one"], one["other"], one["both"], one["either"]) for one in told["pairs"]] == [("cat", "dog", 1, 2)]
