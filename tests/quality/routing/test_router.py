"""The router: budgets held, the rare found, and decisions that depend on the records and where they stand alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.ranking import rank
from quality.routing.batch import Batch
from quality.routing.budget import TOKEN, capacity
from quality.routing.counts import DECAY, VALUES
from quality.routing.packing import packed
from quality.routing.router import Router
from quality.routing.state import Plan, RoutingState, merged
from quality.state import State
from schemas.errors import InputError
from schemas.routing import Budget, Hits, Quota, Steering
from schemas.testing import routing_policy, scores
from schemas.verdicts import Reason, Selection

HOUR = 3_600_000
many = st.dictionaries(st.sampled_from("zyxwvutsrq"), st.floats(0, 1), min_size=1, max_size=3)


def stream(
    scored: Sequence[Mapping[str, float]], offsets: Sequence[int] | None = None, **columns: Sequence[Any]
) -> Batch:
    """Return a batch of samples with these scores; without any, those have no prediction."""
    count = len(scored)
    ranking = rank([one or None for one in scored])
    return Batch(
        offsets=range(count) if offsets is None else offsets,
        timestamps=columns.pop("timestamps", [0] * count),
        sample_ids=columns.pop("sample_ids", [f"s{number}" for number in range(count)]),
        columns={
            "prediction.scores": [one or None for one in scored],
            "prediction.top": ranking.tops,
            "prediction.margin": ranking.margins,
            "source": ["here"] * count,
            "embedding": [None] * count,
            **columns,
        },
    )


def part_of(batch: Batch, part: slice) -> Batch:
    """Return some of a batch."""
    columns = {name: column[part] for name, column in batch.columns.items()}  # type: ignore[attr-defined]
    return Batch(
        offsets=batch.offsets[part],
        timestamps=batch.timestamps[part],
        sample_ids=batch.sample_ids[part],
        columns=columns,
    )


def route(batch: Batch, state: RoutingState | None = None, **changes: Any) -> list[Selection | None]:
    """Route a batch at once."""
    found = Router(routing_policy(**changes), state or RoutingState(), own={}).route(batch)
    return [found.get(place) for place in range(len(batch.offsets))]


def share(selections: Sequence[Selection | None], *reasons: str) -> float:
    """Return how many of all were selected for one of the reasons; for any, where none is given."""
    return sum(1 for one in selections if one and (not reasons or {*reasons} & {*one.reasons})) / len(selections)


def stationary(shape: str, length: int = 12_000) -> Batch:
    """Return a stationary stream whose scores are of this shape, with vectors in five clusters."""
    random = np.random.default_rng(5)
    best = {
        "smooth": random.uniform(0.5, 1, length),
        "few values": random.choice([0.5, 0.6, 0.785, 0.9], length),
        "one value": np.full(length, 0.785),
        "sure": np.full(length, 1.0),
    }[shape]
    classes = random.choice(["cat", "dog", "fox", "owl"], length, p=[0.6, 0.25, 0.1, 0.05]).tolist()
    rows = random.normal(0, 3, (5, 6))[random.integers(0, 5, length)] + random.normal(0, 1, (length, 6))
    scored = [{one: float(top), "other": float(1 - top)} for one, top in zip(classes, best, strict=True)]
    return stream(scored, embedding=rows.tolist())


@pytest.mark.parametrize("wanted", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("shape", ["smooth", "few values", "one value", "sure"])
def test_the_budget_is_held(shape: str, wanted: float) -> None:
    """Within a tenth of it over 12,000 records; also where many have one score, or no signal has anything to say."""
    selections = route(stationary(shape), block=500, budget={"share": wanted})
    assert share(selections) == pytest.approx(wanted, rel=0.1)


def test_a_budget_per_hour_is_held_through_bursts_and_lulls() -> None:
    """Bursts of fifty times the rate, for ten minutes of every hour: each hour within a tenth of 60."""
    hours = 24
    quiet, burst = np.linspace(0, 50 * 60_000, 200), np.linspace(50 * 60_000, HOUR, 2_000, endpoint=False)
    times = np.concatenate([np.concatenate([quiet, burst]) + hour * HOUR for hour in range(hours)]).astype(int)
    random = np.random.default_rng(7)
    best = random.uniform(0.5, 1, len(times))
    batch = stream(
        [{"cat": float(one), "dog": float(1 - one)} for one in best],
        timestamps=times.tolist(),
        embedding=random.normal(0, 1, (len(times), 4)).tolist(),
    )
    selections = route(batch, block=100, budget={"per_hour": 60.0})
    by_hour = np.bincount([times[place] // HOUR for place, one in enumerate(selections) if one], minlength=hours)
    assert by_hour[2:].mean() == pytest.approx(60, rel=0.1)
    assert by_hour.max() <= 60 * 1.1 + 4


def test_the_audit_is_uniform_whatever_the_signals_say() -> None:
    """Over the deciles of the score, by chi-square: 9 degrees of freedom pass 27.9 once in a thousand times."""
    batch = stationary("smooth", 40_000)
    selections = route(batch, block=500, budget={"share": 0.2}, audit=0.5)
    margins = np.array(batch.columns["prediction.margin"], np.float64)
    deciles = (np.argsort(np.argsort(margins)) * 10) // len(margins)
    chosen = [place for place, one in enumerate(selections) if one and Reason.AUDIT in one.reasons]
    cells = np.bincount(deciles[chosen], minlength=10)
    assert ((cells - cells.mean()) ** 2 / cells.mean()).sum() < 27.9
    assert share(selections, Reason.AUDIT) >= 0.5 * 0.2 * 0.9


def test_a_rare_class_gets_through() -> None:
    """All of one class in a hundred, though the model is sure of it; hardly any of the common one."""
    random = np.random.default_rng(3)
    classes = random.choice(["cat", "owl"], 8_000, p=[0.99, 0.01]).tolist()
    batch = stream([{name: 0.99, "dog": 0.01} for name in classes])
    selections = route(batch, block=200, budget={"share": 0.1}, rare={"below": 0.1})
    owls = [one is not None for name, one in zip(classes[500:], selections[500:], strict=True) if name == "owl"]
    assert sum(owls) >= 0.95 * len(owls)


def test_guesses_leave_to_others_what_is_theirs() -> None:
    """Of a model that learns a class a block all is rare; signals get their 16 % and a bucket at most."""
    classes = [f"class {number // 100}" for number in range(6_000)]
    rows = np.random.default_rng(6).normal(0, 1, (6_000, 4)).tolist()
    scored = [{name: 0.6, "other": 0.4} for name in classes]
    told = Steering(version=1, hits={"rare": Hits(labels=90, hits=80), "audit": Hits(labels=90, hits=80)})
    state = RoutingState(steering=told)
    selections = route(stream(scored, embedding=rows), state, block=100, budget={"share": 0.02}, uncertain=None)
    guesses = [one for one in selections if one and {*one.reasons} <= {Reason.RARE, Reason.NOVEL}]
    bucket = capacity(Budget(share=0.02), 100) / TOKEN
    assert len(guesses) <= 0.16 * 0.02 * 6_000 + bucket
    assert share(selections, Reason.REPRESENTATIVE) > 0.2 * 0.02
    assert share(selections) == pytest.approx(0.02, rel=0.1)


def test_a_budget_may_be_the_audits_alone() -> None:
    """Signals have nothing then, also of what was left over."""
    selections = route(stationary("smooth", 3_000), block=100, budget={"share": 0.05}, audit=1.0)
    assert {reason for one in selections if one for reason in one.reasons} == {Reason.AUDIT}


def test_no_source_starves_another() -> None:
    """One that is always uncertain takes what the signals have; the other gets half of its share all the same."""
    random = np.random.default_rng(6)
    loud = random.random(20_000) < 0.8
    scored = [{"cat": 0.5, "dog": 0.5} if one else {"cat": 0.99, "dog": 0.01} for one in loud.tolist()]
    sources = np.where(loud, "loud", "soft").tolist()
    kept: dict[str, Any] = {"block": 200, "budget": {"share": 0.1}, "rare": None, "novel": None, "audit": 0.02}
    labels = {"uncertain": Hits(labels=900, hits=900), "audit": Hits(labels=900, hits=9)}
    steered = RoutingState(steering=Steering(version=1, hits=labels))
    shares = []
    for fair in ([], ["source"]):
        chosen = route(stream(scored, source=sources), steered, **kept, fair=fair)
        soft = [one for one, source in zip(chosen, sources, strict=True) if one and source == "soft"]
        shares.append(len(soft) / sum(one is not None for one in chosen))
    assert shares[0] < 0.05
    assert shares[1] > 0.08


def test_a_quota_is_filled_and_then_left() -> None:
    """Thirty labels of a slice of one in a hundred that no signal would choose; not many more."""
    random = np.random.default_rng(9)
    rare = random.random(20_000) < 0.01
    batch = stream([{"cat": 1.0}] * 20_000, night=[bool(one) for one in rare])
    kept: dict[str, Any] = {"block": 200, "budget": {"share": 0.05}, "rare": None, "novel": None}
    quotas = [{"column": "night", "value": True, "want": 30}]
    chosen = [one for one, dark in zip(route(batch, quotas=quotas, **kept), rare.tolist(), strict=True) if one and dark]
    assert len(chosen) == pytest.approx(30, abs=8)
    assert sum(Reason.QUOTA in one.reasons for one in chosen) > 10


def test_what_a_dataset_version_asks_for_is_wanted_anew_each_time() -> None:
    """Steering that says something new of hits alone asks for nothing more, and a slice that is closed is left."""
    dark = np.random.default_rng(9).random(20_000) < 0.01
    batch = stream([{"cat": 1.0}] * 20_000, night=dark.tolist())
    policy = routing_policy(block=200, budget={"share": 0.05}, rare=None, novel=None)
    wanted, state, got = Quota(column="night", value=True, want=30), RoutingState(), []
    for number, (asked_by, quotas) in enumerate([(1, (wanted,)), (1, (wanted,)), (2, (wanted,)), (3, ())], start=1):
        steering = Steering(version=number, quotas=quotas, asked_by=asked_by)
        state = replace(state, block=0, planned=Plan(block=1, steering=steering))
        router = Router(policy, state, own={})
        got.append(sum(dark[place] and Reason.QUOTA in one.reasons for place, one in router.route(batch).items()))
        state = router.state
    assert got[0] == pytest.approx(30, abs=15)
    assert got[2] == pytest.approx(30, abs=15)
    assert max(got[1], got[3]) < 3


def test_a_slice_that_is_asked_for_in_between_leaves_other_quotas_as_they_are() -> None:
    """Each is filled once: the first before the second is asked for, and neither where both are told of again."""
    dark = np.random.default_rng(9).random(20_000) < 0.01
    batch = stream([{"cat": 1.0}] * 20_000, night=dark.tolist())
    policy = routing_policy(block=200, budget={"share": 0.05}, rare=None, novel=None)
    night, day = Quota(column="night", value=True, want=30), Quota(column="night", value=False, want=40)
    state, filled = RoutingState(), []
    for number, quotas in enumerate([(night,), (night, day), (night, day)], start=1):
        steering = Steering(version=number, quotas=quotas, asked_by=1)
        router = Router(policy, replace(state, block=0, planned=Plan(block=1, steering=steering)), own={})
        chosen = [place for place, one in router.route(batch).items() if Reason.QUOTA in one.reasons]
        filled.append([int(sum(dark[chosen])), int(sum(~dark[chosen]))])
        state = router.state
    assert filled[0] == [pytest.approx(30, abs=15), 0]
    assert filled[1] == [pytest.approx(0, abs=3), pytest.approx(40, abs=40)]
    assert max(filled[2]) < 3


def test_what_repeats_the_queue_is_left() -> None:
    """Of ten vectors, each sent again and again and always uncertain, each is labeled once, but for the audit."""
    random = np.random.default_rng(1)
    rows = random.normal(0, 5, (10, 4))[random.integers(0, 10, 6_000)]
    batch = stream([{"cat": 0.5, "dog": 0.5}] * 6_000, embedding=rows.tolist())
    selections = route(batch, block=100, budget={"share": 0.2}, space={"apart": 0.5}, audit=0.05)[1_000:]
    assert share(selections, Reason.UNCERTAIN, Reason.NOVEL) - share(selections, Reason.AUDIT) < 0.005


def test_every_selection_says_with_what_probability() -> None:
    """The inverse propensities of the selected sum to the stream's length, an unbiased estimate of it: within 15 %."""
    selections = route(stationary("few values", 8_000), block=500, budget={"share": 0.3}, audit=0.4)
    chosen = [one for one in selections if one]
    assert all(0 < one.propensity <= 1 and all(0 <= score <= 1 for score in one.scores.values()) for one in chosen)
    assert sum(1 / one.propensity for one in chosen) == pytest.approx(8_000, rel=0.15)


def test_the_cut_changes_nothing_where_a_block_selects_more_than_is_remembered() -> None:
    """Of a queue of one: in frames of seven, what the whole stream at once selects."""
    random = np.random.default_rng(3)
    scored = [{"cat": float(one), "dog": float(1 - one)} for one in random.uniform(0.5, 1, 1_500)]
    batch = stream(scored, embedding=random.normal(0, 1, (1_500, 5)).tolist())
    changes = {"block": 100, "budget": {"share": 0.3}, "space": {"apart": 0.0, "queued": 1}}
    assert routed_in_parts(batch, range(0, 1_500, 7), State(), changes) == routed_in_parts(batch, [], State(), changes)


def test_propensities_are_those_of_the_reasons_that_were_left() -> None:
    """Half of all samples are one and the same: only the audit can select those, and each stands for many."""
    random = np.random.default_rng(1)
    rows = random.normal(0, 5, (6_000, 4))
    rows[::2] = rows[0]
    batch = stream([{"cat": 0.5, "dog": 0.5}] * 6_000, embedding=rows.tolist())
    selections = route(batch, block=100, budget={"share": 0.3}, audit=0.4, space={"apart": 0.5})[1_000:]
    same = [one for place, one in enumerate(selections, start=1_000) if one and place % 2 == 0]
    assert sum(1 / one.propensity for one in same) == pytest.approx(2_500, rel=0.25)


@pytest.mark.parametrize("value", [[1.0, None], "ab", {"a": 1, "b": 2}, [[1], [2]], [1e300, -1e300]])
def test_what_is_no_vector_stops_nothing(value: Any) -> None:
    """A contract may let it in; it has no place in the space, beside any neighbours."""
    batch = stream([{"cat": 0.9}] * 60, embedding=[value if number % 3 == 0 else [1.0, number] for number in range(60)])
    assert len(route(batch, block=10)) == 60
    assert routed_in_parts(batch, range(60), State(), {}) == routed_in_parts(batch, [], State(), {})


def test_what_labels_say_decides_from_the_block_that_it_is_planned_for() -> None:
    """Not before: a record that is routed again meets the same steering."""
    batch = stationary("smooth", 3_000)
    told = Steering(version=1, hits={"uncertain": Hits(labels=900, hits=800), "audit": Hits(labels=900, hits=8)})
    kept: dict[str, Any] = {"block": 500, "budget": {"share": 0.1}}
    without = route(batch, **kept)
    steered = route(batch, RoutingState(planned=Plan(block=3, steering=told)), **kept)
    assert steered[:1_500] == without[:1_500]
    assert share(steered[1_500:], Reason.UNCERTAIN) > 1.5 * share(without[1_500:], Reason.UNCERTAIN)


streams = st.lists(
    st.tuples(
        st.one_of(st.just({}), many, scores),
        st.sampled_from([1, 1, 1, 1, 5, 40]),  # how far the offset leaps
        st.one_of(st.none(), st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=2), st.just([1.0])),
        st.sampled_from([0, 10, -10, HOUR]),
    ),
    min_size=1,
    max_size=60,
)


@pytest.mark.parametrize("queued", [1, 512])
@pytest.mark.parametrize("budget", [{"share": 0.4}, {"per_hour": 5.0}])
@given(drawn=streams, cuts=st.lists(st.integers(0, 60), max_size=6), measure=st.sampled_from(["margin", "entropy"]))
def test_decisions_and_state_do_not_depend_on_the_cut(
    drawn: list[Any], cuts: list[int], measure: str, budget: dict[str, float], queued: int
) -> None:
    """The router is put away and taken up again anywhere; offsets may leap over whole blocks, and clocks go back."""
    scored, leaps, rows, steps = zip(*drawn, strict=True)
    batch = stream(
        scored, np.cumsum(leaps).tolist(), embedding=rows, timestamps=np.cumsum(steps).tolist(), source=["a", None] * 30
    )
    space = {"apart": 0.0, "queued": queued}
    changes = {"budget": budget, "uncertain": {"measure": measure}, "quotas": [QUOTA], "space": space}
    steering = Steering(
        version=1, temperature=0.7, hits={"novel": Hits(labels=3, hits=2)}, quotas=(Quota(**QUOTA),), asked_by=1
    )
    start = State(routing=RoutingState(planned=Plan(block=2, steering=steering)))
    assert routed_in_parts(batch, cuts, start, changes) == routed_in_parts(batch, [], start, changes)


QUOTA: dict[str, Any] = {"column": "source", "value": "a", "want": 3}


def routed_in_parts(
    batch: Batch, cuts: Iterable[int], state: State, changes: Mapping[str, Any]
) -> tuple[list[Any], bytes]:
    """Return selections and final state of a router that is carried over each cut as bytes."""
    policy, selections, count = routing_policy(**changes), [], len(batch.offsets)
    for start, end in pairwise(sorted({0, count, *(cut % (count + 1) for cut in cuts)})):
        router = Router(policy, State.from_bytes(state.to_bytes()).routing, own={})
        found = router.route(part_of(batch, slice(start, end)))
        selections += [found.get(place) for place in range(end - start)]
        state = State(routing=router.state)
    return selections, state.to_bytes()


def test_a_block_is_decided_by_the_blocks_before_it() -> None:
    """What comes within a block changes no score in it, whatever its order."""
    before, random = [{"cat": 0.9, "dog": 0.1}] * 8, np.random.default_rng(2)
    block = [{"owl" if number % 2 else "cat": 0.8, "dog": 0.2} for number in range(8)]
    rows = random.normal(0, 1, (16, 3)).tolist()
    whole = {"budget": {"share": 1.0}, "audit": 1.0}
    forth = route(stream([*before, *block], embedding=rows), **whole)[8:]
    back = route(stream([*before, *block[::-1]], embedding=[*rows[:8], *rows[:7:-1]]), **whole)[8:]
    assert [one and one.scores for one in forth] == [one and one.scores for one in back[::-1]]


def test_history_is_forgotten_block_by_block() -> None:
    """Each block that passes weighs it less, those too in which nothing came."""
    router = Router(routing_policy(), RoutingState(), own={})
    router.route(stream([{"cat": 1.0}] * 2, [0, 24]))
    used, counted = router.state.used, router.state.counted
    assert (router.state.block, counted.seen["prediction.top"]["cat"], counted.routed) == (3, 1, 1)
    assert used.seen["prediction.top"]["cat"] == pytest.approx(DECAY**2)
    assert used.scores["uncertain"].sum() == pytest.approx(DECAY**2)


@pytest.mark.timeout(10)
def test_a_partition_may_begin_anywhere() -> None:
    """A topic of old has offsets in the billions; blocks that nobody saw cost nothing."""
    assert len(route(stream([{"cat": 0.5, "dog": 0.5}] * 20, range(10**15, 10**15 + 20)))) == 20


def test_the_state_is_bounded_whatever_comes() -> None:
    """Names that come once, and vectors that never repeat: no more after 20,000 records than after 10,000."""
    random = np.random.default_rng(3)
    policy, state, sizes = routing_policy(block=500, novel={"centers": 32}), RoutingState(), []
    for start in range(0, 20_000, 1_000):
        numbers = range(start, start + 1_000)
        router = Router(policy, state, own={})
        names = [{f"class-{number:06d}": 1.0} for number in numbers]
        sources = [f"source-{number:06d}" for number in numbers]
        rows = random.normal(0, 1 + start, (1_000, 8)).tolist()
        router.route(stream(names, numbers, embedding=rows, source=sources))
        state = router.state
        sizes.append(len(State(routing=state).to_bytes()))
        assert all(len(values) <= VALUES for values in state.used.seen.values())
    assert max(sizes[10:]) <= 1.1 * max(sizes[:10])


def test_a_record_that_is_routed_again_is_decided_alike() -> None:
    """The state before it is left as it was."""
    state, batch = RoutingState(), stationary("smooth", 600)
    before = packed(state)
    assert route(batch, state) == route(batch, state)
    assert packed(state) == before


def test_what_partitions_have_counted_merges_in_any_order() -> None:
    """Counts add up, to the rounding of sums; centers cover what each of them did."""
    batch, states = stationary("smooth", 3_000), []
    for part in (slice(0, 900), slice(900, 2_000), slice(2_000, 3_000)):
        router = Router(routing_policy(block=100), RoutingState(), own={})
        router.route(part_of(batch, part))
        states.append(router.state)
    (one, seen), (other, seen_too) = merged(states, 32), merged(states[::-1], 32)
    assert one.routed == pytest.approx(other.routed) == pytest.approx(sum(state.used.routed for state in states))
    for column, values in one.seen.items():
        assert values == pytest.approx(other.seen[column])
    assert one.scores["uncertain"] == pytest.approx(other.scores["uncertain"])
    assert (seen.length, seen.exponent) == (seen_too.length, seen_too.exponent)


def test_a_signal_of_the_projects_own_stands_beside_the_others() -> None:
    """It gets columns and gives scores; what is no score counts as none."""

    class Loud:
        def score(self, columns: Any, count: int) -> Any:
            return [1.0 if value == "x" else float("nan") for value in columns["kind"]][:count]

    policy = routing_policy(block=100, own={"loud": {"weight": 2.0}}, uncertain=None, rare=None, novel=None)
    batch = stream([{}] * 4_000, kind=["x" if number % 40 == 0 else "y" for number in range(4_000)])
    found = Router(policy, RoutingState(), own={"loud": Loud()}).route(batch)
    late = [place for place, one in found.items() if "loud" in one.reasons and place >= 200]
    assert len(late) > 80
    assert all(place % 40 == 0 for place in late)


def test_a_signal_that_scores_too_few_samples_is_named() -> None:
    """And the worker ends: a signal that is left out unseen would be worse."""

    class Short:
        def score(self, columns: Any, count: int) -> Any:  # noqa: ARG002 - a signal's signature
            return np.zeros(count - 1)

    policy = routing_policy(own={"short": {}})
    with pytest.raises(InputError, match=r"short gave scores of shape \(4,\) for 5 samples"):
        Router(policy, RoutingState(), own={"short": Short()}).route(stream([{}] * 5))
