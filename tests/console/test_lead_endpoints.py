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


def test_a_preview_names_the_first_tasks_and_a_task_tells_what_was_said_of_it(site: Site) -> None:
    """So whoever publishes has seen what will be labeled anew; a task of nobody is refused."""
    disputed, _ = label(site, ("cat", "dog"), ("cat", "cat"))
    lead, _ = site.enlist(Role.LEAD)
    browser = site.browser(lead)
    told = browser.post("/v1/guidelines/preview", json={"base": 1, "body": "New.", "settles": [["cat", "dog"]]}).json()
    assert told == {"reopened": 1, "retold": 0, "labels": 2, "examples": [disputed]}
    task = browser.get(f"/v1/tasks/{disputed}").json()
    assert ([vote["answer"] for vote in task["votes"]], task["sample_id"]) == (["cat", "dog"], "s0")
    assert browser.get(f"/v1/tasks/{2**40}").status_code == 422


def test_a_draft_on_a_version_that_is_no_longer_in_force_conflicts(site: Site) -> None:
    """In a preview too; and what a version changed can be read."""
    lead, _ = site.enlist(Role.LEAD)
    browser = site.browser(lead)
    assert browser.post("/v1/guidelines", json={"base": 1, "body": "Theirs."}).status_code == 201
    for path in ("/v1/guidelines", "/v1/guidelines/preview"):
        assert browser.post(path, json={"base": 1, "body": "Mine."}).status_code == 409
    labeler, _ = site.enlist(Role.LABELER)
    told = site.browser(labeler).get("/v1/guidelines/2/diff").json()
    assert told["lines"][-2:] == ["-A cat has whiskers.", "+Theirs."]
    assert site.browser(labeler).get("/v1/guidelines/3/diff").status_code == 422
