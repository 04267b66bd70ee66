"""The gate's page: what is missing and what would fix it, from any text without harm."""

from datetime import UTC, datetime

from catalog.gate import Mark, Result
from catalog.gate_report import html, number

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def result(**changes: object) -> Result:
    """Return a check that failed; `changes` replace fields."""
    fields = {"check": "rows", "ok": False, "wanted": "at least 9", "found": "4", "remedy": "Have 5 more labeled."}
    return Result.model_validate({**fields, **changes})


def test_it_says_that_the_gate_is_shut_what_is_missing_and_the_remedy() -> None:
    """With the marks as numbers beside their thresholds."""
    page = html("Animals", AT, [result(mark=Mark.SIZED, value=4, threshold=9)])
    assert "The gate is shut: nothing is published." in page
    assert "<td>rows</td><td>at least 9</td><td>4</td><td>Have 5 more labeled.</td>" in page
    assert '<td>size appropriate</td><td>4</td><td>at least 9</td><td class="failed">failed</td>' in page


def test_an_open_gate_has_nothing_missing() -> None:
    """A warning is told, and keeps nothing from being published."""
    page = html("Animals", AT, [result(ok=True), result(check="mean", blocking=False)])
    assert "The gate is open." in page
    assert "<td>mean</td>" in page


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    """Samples and labels come from anywhere."""
    evil = "<script>alert('x')</script>"
    page = html(evil, AT, [result(check=evil, wanted=evil, found=evil, remedy=evil)])
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 4


def test_nothing_is_loaded_from_elsewhere() -> None:
    """Great Expectations' own pages load styles from six hosts."""
    page = html("Animals", AT, [result()])
    assert not any(word in page for word in ("http:", "https:", "src=", "@import", "url("))


def test_numbers_are_as_long_as_they_need_to_be() -> None:
    """Rows to the last one, shares to three digits."""
    assert [number(value) for value in (None, 1135, 0.77461, 0.07071, 168.0)] == ["", "1,135", "0.775", "0.0707", "168"]
