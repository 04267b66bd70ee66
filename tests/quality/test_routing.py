"""Routing: signals in range, shares held, and decisions that depend on the record and where it stands alone."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from quality.ranking import rank
from quality.routing.draws import draws
from quality.routing.rare import rare
from quality.routing.router import BINS, COLUMN, DECAY, FIRST_THRESHOLD, NO_SCORES, Router, RoutingState, threshold
from quality.routing.uncertain import uncertain
from quality.state import State
from schemas.project import RoutingPolicy
from schemas.samples import AnySample
from schemas.testing import routing_policy, sample, scores
from schemas.verdicts import Reason, Selection

# Of more classes than come in their order.
many = st.dictionaries(st.sampled_from("zyxwvutsrq"), st.floats(0, 1), min_size=1, max_size=3)
shares = st.dictionaries(st.sampled_from("abc"), st.floats(0, 1))


def predicted(number: int, **scored: float) -> AnySample:
    """Return a sample with these scores; without any, one without prediction."""
    return sample(number, prediction={"model": "m", "scores": scored} if scored else None)


def routed(router: Router, stream: Sequence[tuple[int, AnySample]]) -> list[Selection | None]:
    """Route samples at these offsets, in one frame."""
    ranking = rank([one.prediction and one.prediction.scores for _, one in stream])
    offsets, names = [offset for offset, _ in stream], [one.sample_id for _, one in stream]
    found = router.route(offsets, names, tops=ranking.tops, margins=ranking.margins)
    return [found.get(place) for place in range(len(stream))]


def route(stream: Sequence[AnySample], policy: RoutingPolicy, first: int = 0) -> list[Selection | None]:
    """Route consecutive samples from an offset on."""
    return routed(Router(policy, RoutingState()), list(enumerate(stream, first)))


def in_share(names: Sequence[str], wanted: float, reason: Reason = Reason.AUDIT) -> NDArray[np.bool_]:
    """Say which of the ids are drawn for a reason."""
    chosen: NDArray[np.bool_] = draws(names)[:, COLUMN[reason]] < wanted
    return chosen


def share(selections: Sequence[Selection | None], reason: Reason) -> float:
    """Return how many of all were selected for a reason."""
    return sum(1 for one in selections if one and reason in one.reasons) / len(selections)


@given(scored=scores)
def test_uncertain_is_one_less_the_margin(scored: dict[str, float]) -> None:
    """In [0, 1], whatever the scores sum to."""
    best, *others = sorted(scored.values(), reverse=True)
    expected = 1 - (best - (others[0] if others else 0))
    (found,) = uncertain(rank([scored]).margins)
    assert found == pytest.approx(expected)
    assert 0 <= found <= 1


def test_nothing_is_known_of_a_sample_without_prediction() -> None:
    """It is neither uncertain nor rare."""
    assert (*uncertain([None]), rare(None, {"a": 1.0}, 0.5)) == (0, 0)


@given(name=st.sampled_from("abcd"), seen=shares, rare_share=st.floats(0, 1))
def test_rare_is_within_the_unit_interval(name: str, seen: dict[str, float], rare_share: float) -> None:
    """Whatever was seen."""
    assert 0 <= rare(name, seen, rare_share) <= 1


@pytest.mark.parametrize(("name", "expected"), [("never", 1.0), ("once", 0.5), ("twice", 0.0), ("often", 0.0)])
def test_rare_falls_linearly_to_the_rare_share(name: str, expected: float) -> None:
    """1 - q / rare_share: a tenth is rare no more."""
    assert rare(name, {"once": 0.05, "twice": 0.1, "often": 0.85}, 0.1) == pytest.approx(expected)


def test_nothing_is_rare_before_anything_was_seen() -> None:
    """Everything would be."""
    assert rare("a", {}, 0.5) == 0


@given(name=st.text(min_size=1), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_larger_audit_share_holds_the_smaller_one(name: str, low: float, high: float) -> None:
    """A raised share adds samples and drops none; none has nothing and all has everything."""
    assert in_share([name], min(low, high)) <= in_share([name], max(low, high))
    assert (*in_share([name], 0.0), *in_share([name], 1.0)) == (False, True)


def test_the_audit_share_is_uniform() -> None:
    """Over 20,000 ids in order, for every tenth of the hash: five standard deviations of 2,000 are 212."""
    names = [f"scan-{number:06d}" for number in range(20_000)]
    drawn = np.array([in_share(names, tenth / 10).sum() for tenth in range(11)])
    assert np.abs(np.diff(drawn) - 2_000).max() < 212


def test_draws_for_different_purposes_are_independent() -> None:
    """Of a tenth and a tenth, a hundredth in both; five standard deviations of 200 are 70."""
    names = [f"s{number}" for number in range(20_000)]
    both = (in_share(names, 0.1) & in_share(names, 0.1, Reason.RARE)).sum()
    assert abs(both - 200) < 70


@given(first=st.integers(0, 1_000), scored=scores)
def test_the_audit_depends_on_nothing_but_the_id(first: int, scored: dict[str, float]) -> None:
    """Not on the place, the scores or what came before: that is why it keeps estimates unbiased."""
    stream = [predicted(number, **scored) for number in range(60)]
    chosen = {
        index for index, one in enumerate(route(stream, routing_policy(), first)) if one and "audit" in one.reasons
    }
    assert chosen == set(np.flatnonzero(in_share([one.sample_id for one in stream], 0.05)).tolist())


@given(bins=st.lists(st.integers(0, 50).map(float), min_size=BINS, max_size=BINS), wanted=st.floats(0.001, 1))
def test_a_threshold_has_its_share_above(bins: list[float], wanted: float) -> None:
    """Exactly, for it may cut a bin."""
    place = threshold(tuple(bins), wanted)
    above = sum(count * min(1.0, max(0.0, index + 1 - place)) for index, count in enumerate(bins))
    assert 0 <= place <= BINS
    assert above == pytest.approx(wanted * sum(bins)) or (sum(bins) == 0 and place == FIRST_THRESHOLD)


def test_no_share_selects_nothing() -> None:
    """Not even the largest score."""
    assert threshold((*NO_SCORES[:-1], 5.0), 0.0) == BINS
    stream = [predicted(number, cat=0.5, dog=0.5) for number in range(30)]
    assert route(stream, routing_policy(shares={})) == [None] * 30


def long_stream(name: str, length: int) -> list[AnySample]:
    """Return a stationary stream whose scores are of this shape."""
    random = np.random.default_rng(5)
    best = {
        "smooth": random.uniform(0.5, 1, length),
        "few values": random.choice([0.5, 0.6, 0.785, 0.9], length),
        "one value": np.full(length, 0.785),
        "all even": np.full(length, 0.5),
    }[name]
    classes = random.choice(["cat", "dog", "fox", "owl"], length, p=[0.6, 0.25, 0.1, 0.05]).tolist()
    return [
        predicted(number, **{one: float(top), "other": float(1 - top)})
        for number, (one, top) in enumerate(zip(classes, best, strict=True))
    ]


@pytest.mark.parametrize("shape", ["smooth", "few values", "one value", "all even"])
def test_each_reason_holds_its_share_of_a_long_stream(shape: str) -> None:
    """Within 2 points, once the first blocks have been seen: also where many samples have one score."""
    policy = routing_policy(block=200, shares={"uncertain": 0.14, "rare": 0.08, "audit": 0.03}, rare_share=0.3)
    selections = route(long_stream(shape, 6_000), policy)[1_000:]
    assert share(selections, Reason.UNCERTAIN) == pytest.approx(0.14, abs=0.02)
    assert share(selections, Reason.RARE) == pytest.approx(0.08, abs=0.02)
    assert share(selections, Reason.AUDIT) == pytest.approx(0.03, abs=0.01)
    assert sum(one is not None for one in selections) / len(selections) <= 0.25 + 0.01


def test_a_rare_class_gets_through() -> None:
    """All of a class below the share, though the model is sure of it; hardly any of the common one."""
    random = np.random.default_rng(3)
    classes = random.choice(["cat", "owl"], 4_000, p=[0.97, 0.03]).tolist()
    stream = [predicted(number, **{name: 0.99, "dog": 0.01}) for number, name in enumerate(classes)]
    selections = route(stream, routing_policy(block=200, rare_share=0.1))
    taken = Counter(name for name, one in zip(classes[500:], selections[500:], strict=True) if one)
    assert taken["owl"] == classes[500:].count("owl")
    assert taken["cat"] / classes[500:].count("cat") < 0.15


def test_a_class_that_is_less_rare_than_its_share_gets_its_share() -> None:
    """A tenth of the stream for half as much budget: half of them, not none."""
    random = np.random.default_rng(4)
    classes = random.choice(["cat", "owl"], 6_000, p=[0.9, 0.1]).tolist()
    stream = [predicted(number, **{name: 1.0}) for number, name in enumerate(classes)]
    selections = route(stream, routing_policy(block=200, shares={"rare": 0.05}, rare_share=0.2))[1_000:]
    assert share(selections, Reason.RARE) == pytest.approx(0.05, abs=0.01)


@given(
    scored=st.lists(st.one_of(st.just({}), scores), min_size=1, max_size=60),
    block=st.integers(1, 20),
    first=st.integers(0, 10**12),
)
def test_every_selection_says_with_what_probability(scored: list[dict[str, float]], block: int, first: int) -> None:
    """Of each reason its own draw: at least the audit's share, at most 1, and 1 only where a signal is sure."""
    policy = routing_policy(block=block)
    for one in route([predicted(number, **each) for number, each in enumerate(scored)], policy, first):
        if one is not None:
            assert policy.shares[Reason.AUDIT] <= one.propensity <= 1
            assert all(0 <= score <= 1 for score in one.scores.values())
            assert one.propensity > policy.shares[Reason.AUDIT] or one.reasons == (Reason.AUDIT,)


def test_a_draw_within_a_bin_and_the_audit_are_independent() -> None:
    """Of one score throughout a fifth is drawn, and a tenth by the audit: 1 - 0.8 * 0.9 of them in all."""
    stream = [predicted(number, cat=0.6, dog=0.4) for number in range(200)]
    selections = route(stream, routing_policy(shares={"uncertain": 0.2, "audit": 0.1}))[8:]
    assert {round(one.propensity, 9) for one in selections if one} == {0.28}


def test_history_is_forgotten_block_by_block() -> None:
    """Each block that passes weighs it less, those too in which nothing came."""
    router = Router(routing_policy(), RoutingState())
    routed(router, [(offset, predicted(offset, cat=1.0)) for offset in (0, 24)])
    state = router.state
    assert (state.block, state.counted.classes["cat"], sum(state.counted.scores)) == (3, 1, 1)
    assert state.used.classes["cat"] == pytest.approx(DECAY**2)
    assert sum(state.used.scores) == pytest.approx(DECAY**2)


def test_shares_are_of_all_samples_also_where_many_have_no_prediction() -> None:
    """Half of them have none, and cannot be rare."""
    random = np.random.default_rng(8)
    names = random.choice(["cat", "owl", ""], 6_000, p=[0.4, 0.1, 0.5]).tolist()
    stream = [predicted(number, **({name: 1.0} if name else {})) for number, name in enumerate(names)]
    selections = route(stream, routing_policy(block=200, shares={"rare": 0.05}, rare_share=0.3))[1_000:]
    assert share(selections, Reason.RARE) == pytest.approx(0.05, abs=0.01)


def test_propensities_weigh_a_sample_up_to_its_stream() -> None:
    """The inverse propensities of the selected sum to the stream's length, an unbiased estimate of it: within 15 %."""
    policy = routing_policy(block=200, shares={"uncertain": 0.14, "rare": 0.08, "audit": 0.1}, rare_share=0.3)
    selections = route(long_stream("few values", 6_000), policy)
    assert sum(1 / one.propensity for one in selections if one) == pytest.approx(6_000, rel=0.15)


@given(
    scored=st.lists(st.one_of(st.just({}), many), min_size=1, max_size=60),
    leaps=st.lists(st.sampled_from([1, 1, 1, 1, 5, 40]), min_size=60, max_size=60),
    cuts=st.lists(st.integers(0, 60), max_size=6),
)
def test_decisions_and_state_do_not_depend_on_the_cut(
    scored: list[dict[str, float]], leaps: list[int], cuts: list[int]
) -> None:
    """The router is put away and taken up again anywhere; offsets may leap over whole blocks."""
    stream = [(sum(leaps[:index]), predicted(index, **each)) for index, each in enumerate(scored)]
    assert routed_in_parts(stream, cuts) == routed_in_parts(stream, [])


def test_classes_are_remembered_in_one_order() -> None:
    """Sums of floats depend on it by their last bit, and a state that was put away comes back in order."""
    router = Router(routing_policy(), RoutingState())
    routed(router, [(number, predicted(number, **{name: 1.0})) for number, name in enumerate("zxy" * 5)])
    assert (list(router.state.used.classes), list(router.state.counted.classes)) == (["x", "y", "z"],) * 2


def routed_in_parts(stream: Sequence[tuple[int, AnySample]], cuts: Iterable[int]) -> tuple[list[Any], bytes]:
    """Return selections and final state of a router that is carried over each cut as bytes."""
    state, selections = State(), []
    for start, end in pairwise(sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})):
        router = Router(routing_policy(), State.from_bytes(state.to_bytes()).routing)
        selections += routed(router, stream[start:end])
        state = State(routing=router.state)
    return selections, state.to_bytes()


def test_a_block_is_decided_by_the_blocks_before_it() -> None:
    """What comes within a block changes nothing in it, whatever its order."""
    before = [predicted(number, cat=0.9, dog=0.1) for number in range(8)]
    block = [predicted(8 + number, **{"owl" if number % 2 else "cat": 0.8, "dog": 0.2}) for number in range(8)]
    forth = [one and one.scores for one in route([*before, *block], routing_policy(shares={"audit": 1.0}))][8:]
    back = [one and one.scores for one in route([*before, *block[::-1]], routing_policy(shares={"audit": 1.0}))][8:]
    assert forth == back[::-1]


@pytest.mark.timeout(10)
def test_a_partition_may_begin_anywhere() -> None:
    """A topic of old has offsets in the billions; blocks that nobody saw cost nothing."""
    stream = [predicted(number, cat=0.5, dog=0.5) for number in range(20)]
    assert len(route(stream, routing_policy(), first=10**15)) == 20


def test_names_that_come_once_are_forgotten() -> None:
    """Or a model that makes up classes would fill the checkpoint."""
    router = Router(routing_policy(), RoutingState())
    routed(router, [(number, predicted(number, **{f"class-{number}": 1.0})) for number in range(2_001)])
    assert len(router.state.used.classes) < 400
    assert "class-1999" in router.state.used.classes


def test_a_record_that_is_routed_again_is_decided_alike() -> None:
    """The state before it is left as it was."""
    state = RoutingState()
    stream = [predicted(number, cat=0.5, dog=0.5) for number in range(50)]
    runs = [routed(Router(routing_policy(), state), list(enumerate(stream))) for _ in range(2)]
    assert runs[0] == runs[1]
    assert state == RoutingState()
