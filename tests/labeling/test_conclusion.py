"""What is concluded of a task under an estimate of its labelers, all of them simulated."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.conclusion import Scene, concluded
from labeling.consensus.choice import LEAST_GOLD
from labeling.estimate import Estimate, score_row
from labeling.estimating import Material, estimated, is_news
from labeling.guidelines import Cast
from labeling.overlap import decide
from labeling.settling import Said, judge
from schemas.answers import ClassName
from schemas.labels import TaskStatus, Vote
from schemas.project import OverlapPolicy
from storage.testing import project_config

CLASSES = ("cat", "dog", "fox")
# How often each simulated labeler is right.
SKILLS = {"ann": 0.99, "ben": 0.93, "cem": 0.85, "dan": 0.8, "eve": 0.7, "guesser": 1 / 3}
POLICY = OverlapPolicy(first=2, most=5, threshold=0.95)
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def material(*, tasks: int = 150, gold: int = 0, scored: float | None = None, seed: int = 0) -> Material:
    """Return votes of simulated labelers on every task, gold of the first ones, and scores right so often."""
    rng = np.random.default_rng(seed)

    def say(truth: ClassName, right: float) -> ClassName:
        return truth if rng.random() < right else str(rng.choice([name for name in CLASSES if name != truth]))

    truths = {task: str(rng.choice(CLASSES)) for task in range(tasks)}
    votes = {
        task: [Vote(labeler=name, answer=say(truth, right)) for name, right in SKILLS.items()]
        for task, truth in truths.items()
    }
    said = {} if scored is None else {task: say(truth, scored) for task, truth in truths.items()}
    return Material(
        classes=CLASSES,
        guideline=1,
        votes=votes,
        known={task: truths[task] for task in range(gold)},
        gold=range(gold),
        scores={task: {name: 0.8 if name == best else 0.1 for name in CLASSES} for task, best in said.items()},
        last=dict.fromkeys(SKILLS, NOW),
    )


def made(policy: OverlapPolicy = POLICY, **changes: object) -> Estimate:
    """Return the estimate of such votes."""
    found = estimated(material(**changes), policy, 1)  # type: ignore[arg-type]
    assert found is not None
    return found


ESTIMATE = made()


def votes_of(**answers: str) -> list[Vote]:
    """Return one vote a labeler."""
    return [Vote(labeler=name, answer=answer) for name, answer in answers.items()]


def test_where_a_good_and_a_bad_labeler_differ_the_good_one_is_believed() -> None:
    """Whoever stands first."""
    for guess in ("cat", "fox"):
        consensus, _ = concluded(votes_of(ann="dog", guesser=guess), ESTIMATE, POLICY, 1)
        assert (consensus.answer, consensus.method, consensus.estimate) == ("dog", "dawid-skene", 1)


def test_two_good_labelers_who_agree_settle_what_two_bad_ones_leave_open() -> None:
    """Each pair has two votes."""
    verdicts = [
        concluded(votes, ESTIMATE, POLICY, 1)
        for votes in (votes_of(ann="cat", ben="cat"), votes_of(eve="cat", guesser="cat"))
    ]
    statuses = [decide(consensus.votes, POLICY, consensus, outlook=outlook).status for consensus, outlook in verdicts]
    assert statuses == [TaskStatus.SETTLED, TaskStatus.OPEN]


def test_the_most_helpful_labeler_is_asked_who_has_not_had_the_task() -> None:
    """Neither those who answered nor those who skipped."""
    _, outlook = concluded(votes_of(eve="cat", guesser="dog"), ESTIMATE, POLICY, 1)
    assert outlook.ask == "ann"
    _, outlook = concluded(votes_of(eve="cat", guesser="dog"), ESTIMATE, POLICY, 1, Scene(had=["ann"]))
    assert outlook.ask == "ben"


def test_those_who_help_nearly_as_much_as_the_best_are_asked_in_turn() -> None:
    """Or all tasks would wait for one; for one task it is always the same."""
    twins = replace(ESTIMATE, active=frozenset({"ann", "twin", "eve"}), labelers=(*ESTIMATE.labelers, "twin"))
    ann = ESTIMATE.confusion[:, [ESTIMATE.places["ann"]]]
    twins = replace(
        twins, confusion=np.concatenate([ESTIMATE.confusion[:, :-1], ann, ESTIMATE.confusion[:, -1:]], axis=1)
    )
    votes = votes_of(dan="cat", guesser="dog")
    asked = [concluded(votes, twins, POLICY, 1, Scene(task=task))[1].ask for task in range(200)]
    assert {name: asked.count(name) > 70 for name in asked} == {"ann": True, "twin": True}
    assert concluded(votes, twins, POLICY, 1, Scene(task=7))[1].ask == asked[7]


def test_a_task_that_no_further_labels_could_settle_is_set_aside_before_the_limit() -> None:
    """Two good labelers differ, and one guesser is left to be asked."""
    left = replace(ESTIMATE, active=frozenset({"ann", "ben", "guesser"}))
    consensus, outlook = concluded(votes_of(ann="cat", ben="dog"), left, POLICY, 1)
    assert decide(consensus.votes, POLICY, consensus, outlook=outlook).status is TaskStatus.EXPERT
    consensus, outlook = concluded(votes_of(ann="cat", ben="dog"), ESTIMATE, POLICY, 1)
    assert decide(consensus.votes, POLICY, consensus, outlook=outlook).status is TaskStatus.OPEN


def test_nobody_is_asked_who_has_been_away() -> None:
    """Longer than two weeks before the last answer."""
    given = material()
    away = replace(given, last={**given.last, "ann": NOW - timedelta(days=15)})
    found = estimated(away, POLICY, 1)
    assert found is not None
    assert "ann" not in found.active
    assert concluded(votes_of(eve="cat", guesser="dog"), found, POLICY, 1)[1].ask == "ben"


def test_a_newcomer_is_taken_for_one_of_the_team() -> None:
    """Better than the guesser, and not as good as the best."""
    sure = [
        concluded(votes_of(**{name: "cat"}), ESTIMATE, POLICY, 1)[0].confidence for name in ("guesser", "new", "ann")
    ]
    assert sure == sorted(sure)
    assert len(set(sure)) == len(sure)


@given(st.dictionaries(st.sampled_from([*SKILLS, "new", "newer"]), st.sampled_from(CLASSES), max_size=7), st.randoms())
def test_the_order_of_votes_means_nothing_and_the_rule_is_kept(answers: dict[str, str], shuffle: object) -> None:
    """Never settled below the threshold or with fewer than the first labels, never more wanted than the limit."""
    votes = votes_of(**answers)
    shuffled = sorted(votes, key=lambda _: shuffle.random())  # type: ignore[attr-defined]
    consensus, outlook = concluded(votes, ESTIMATE, POLICY, 1)
    assert concluded(shuffled, ESTIMATE, POLICY, 1) == (consensus, outlook)
    decision = decide(votes, POLICY, consensus, outlook=outlook)
    assert (decision.status is TaskStatus.SETTLED) == (
        len(votes) >= POLICY.first and consensus.confidence >= POLICY.threshold
    )
    if decision.status is TaskStatus.OPEN:
        assert len(votes) < decision.wanted <= POLICY.most
    else:
        assert decision.wanted == len(votes)
    assert decision.ask is None or decision.ask not in answers


def test_nothing_is_estimated_before_the_warm_up() -> None:
    """24 votes a labeler on the average, and such as others can be compared with."""
    assert estimated(material(tasks=23), POLICY, 1) is None
    assert estimated(material(tasks=24), POLICY, 1) is not None
    given = material(tasks=600)
    alone = {task: votes[task % len(votes) :][:1] for task, votes in given.votes.items()}
    assert estimated(replace(given, votes=alone), POLICY, 1) is None


def test_without_enough_gold_the_method_is_the_default_and_the_record_says_so() -> None:
    """How the methods do on what gold there is, is told all the same."""
    choice = made(gold=LEAST_GOLD - 1).choice
    assert (choice.method, choice.by_default, choice.gold) == ("dawid-skene", True, LEAST_GOLD - 1)
    assert set(choice.scores) == {"dawid-skene", "one-coin"}
    assert made().choice.scores == {}


def test_gold_chooses_the_model_where_it_is_better_than_the_labelers() -> None:
    """A model that is always right, beside two votes a task of which one is a guess."""
    given = material(gold=40, scored=1.0)
    few = {task: [vote for vote in votes if vote.labeler in ("eve", "guesser")] for task, votes in given.votes.items()}
    found = estimated(replace(given, votes=few), POLICY, 1)
    assert found is not None
    assert (found.choice.method, found.choice.by_default) == ("crowdlab", False)
    consensus, _ = concluded(votes_of(eve="cat", guesser="dog"), found, POLICY, 1, Scene(scores={"fox": 1.0}))
    assert (consensus.answer, consensus.method) == ("fox", "crowdlab")


def test_a_task_without_scores_is_left_to_dawid_skene() -> None:
    """Also one whose scores are of other classes."""
    policy = POLICY.model_copy(update={"method": "crowdlab"})
    found = made(policy, gold=40, scored=0.9)
    for scores in (None, {}, {"wolf": 1.0}):
        consensus, _ = concluded(votes_of(ann="cat", ben="cat"), found, policy, 1, Scene(scores=scores))
        assert consensus.method == "dawid-skene"
    assert score_row({"cat": float("inf")}, CLASSES) is None


def test_the_project_may_name_the_method_itself() -> None:
    """Whatever gold says."""
    policy = POLICY.model_copy(update={"method": "one-coin"})
    consensus, _ = concluded(votes_of(ann="cat", ben="cat"), ESTIMATE, policy, 1)
    assert consensus.method == "one-coin"


def test_what_fools_all_labelers_alike_is_seen_by_gold_alone() -> None:
    """Simulated: on a third of the tasks everybody gives the same wrong answer."""
    given = material(gold=60)
    fooled = {
        task: [vote.model_copy(update={"answer": CLASSES[CLASSES.index(vote.answer) - 1]}) for vote in votes]
        if task % 3 == 0
        else votes
        for task, votes in given.votes.items()
    }
    found = estimated(replace(given, votes=fooled), POLICY, 1)
    assert found is not None
    blind = estimated(replace(given, votes=fooled, gold=(), known={}), POLICY, 1)
    assert blind is not None
    assert found.trust < blind.trust <= 0.7


def test_what_experts_answered_tells_of_labelers_without_being_gold() -> None:
    """All take a third of the tasks for cats; an expert says that none of these is one."""
    given = material()
    truth = {task: "dog" if votes[0].answer == "cat" else "fox" for task, votes in given.votes.items() if task % 3 == 0}
    votes = {
        task: [vote.model_copy(update={"answer": "cat"}) for vote in said] if task in truth else said
        for task, said in given.votes.items()
    }
    told, untold = (estimated(replace(given, votes=votes, known=known), POLICY, 1) for known in (truth, {}))
    assert told is not None
    assert untold is not None
    dog, cat = CLASSES.index("dog"), CLASSES.index("cat")
    assert (told.confusion[:, :-1, dog, cat] > untold.confusion[:, :-1, dog, cat]).all()


def test_an_estimate_of_other_classes_leaves_tasks_to_one_coin() -> None:
    """Until there is one of today's."""
    config = project_config("zoo", labels={"classes": ("cat", "dog")})
    casts = [Cast(vote=vote, guideline=1) for vote in votes_of(ann="cat", ben="cat")]
    verdict = judge(config, 1, Said(casts=casts), [], ESTIMATE)
    assert verdict.consensus is not None
    assert (verdict.consensus.method, verdict.consensus.estimate) == ("one-coin", None)


@pytest.mark.parametrize(
    ("before", "now", "news"), [(0, 49, False), (0, 50, True), (1000, 1099, False), (1000, 900, True)]
)
def test_a_tenth_of_the_votes_is_news_and_fifty_at_least(before: int, now: int, *, news: bool) -> None:
    """More or fewer."""
    assert is_news(before, now) is news
