"""Which files are merged, and which removed."""

from hypothesis import given
from hypothesis import strategies as st

from storage.compaction import FAN, TARGET_BYTES, TIERS, due, plan

Sizes = st.dictionaries(st.text("abc", min_size=1, max_size=5), st.integers(0, 2 * TARGET_BYTES), max_size=120)


@given(sizes=Sizes, fan=st.sampled_from([2, FAN]))
def test_a_plan_merges_small_files_only_and_each_once(sizes: dict[str, int], fan: int) -> None:
    """Groups are of two at least, so every merge leaves less files, and none grows far beyond the target."""
    groups = plan(sizes, fan=fan)
    paths = [path for group in groups for path in group]
    assert len(set(paths)) == len(paths)
    assert all(sizes[path] < TARGET_BYTES / 2 for path in paths)
    assert all(len(group) >= 2 for group in groups)
    assert all(sum(sizes[path] for path in group) < 1.5 * TARGET_BYTES for group in groups)


@given(arriving=st.lists(st.integers(1, 2**20), max_size=400))
def test_files_stay_few_and_rows_are_seldom_rewritten(arriving: list[int]) -> None:
    """Less than a fan of each size beside the large ones; a byte is written anew at most once for each size."""
    sizes: dict[str, int] = {}
    rewritten = 0
    for number, size in enumerate(arriving):
        sizes[f"{number}"] = size
        for group in plan(sizes):
            sizes[f"{number}-{group[0]}"] = sum(sizes.pop(path) for path in group)
            rewritten += sum(sizes[path] for path in (f"{number}-{group[0]}",))
    large = sum(size >= TARGET_BYTES / 2 for size in sizes.values())
    assert len(sizes) - large <= (TIERS + 1) * FAN
    assert rewritten <= (TIERS + 2) * sum(arriving)


def test_a_file_is_due_when_it_has_gone_unnamed_for_the_grace_period() -> None:
    """Counted from when it was first seen so."""
    assert due(["old", "young", "new"], {"old": 0, "young": 60}, now=100, grace=100) == {
        "old": True,
        "young": False,
        "new": False,
    }
