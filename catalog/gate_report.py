"""What a gate said, as one page to be read by people: nothing in it is loaded from elsewhere."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from catalog.gate import Result, is_open, marks

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24; }
table { border-collapse: collapse; width: 100%; margin: 1rem 0; }
th, td { text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #d0d7de; vertical-align: top; }
.failed { color: #a40e26; font-weight: 600; } .warning { color: #7d4e00; } .passed { color: #116329; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; } th, td { border-color: #30363d; }
  .failed { color: #ff7b72; } .warning { color: #d29922; } .passed { color: #3fb950; }
}
"""


def html(title: str, at: datetime, results: Sequence[Result]) -> str:
    """Return the page: the four marks first, then what is missing and what would fix it, then every check."""
    said = "The gate is open." if is_open(results) else "The gate is shut: nothing is published."
    missing = [one for one in results if not one.ok]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}: gate</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            f"<p><strong>{said}</strong> Labels as of {escape(at.isoformat(timespec='seconds'))}.</p>",
            "<h2>Four marks of good data</h2>",
            _table(("mark", "number", "threshold", "result"), map(_mark, marks(results))),
            "<h2>What is missing, and what would fix it</h2>" if missing else "",
            _table(("check", "wanted", "found", "remedy"), map(_missing, missing)) if missing else "",
            "<h2>Every check</h2>",
            _table(("check", "wanted", "found", "result"), map(_check, results)),
            "</body></html>",
            "",
        ]
    )


def _mark(one: Result) -> tuple[str, ...]:
    return (str(one.mark), number(one.value), threshold(one), one.verdict)


def _missing(one: Result) -> tuple[str, ...]:
    return (one.check, one.wanted, one.found, one.remedy)


def _check(one: Result) -> tuple[str, ...]:
    return (one.check, one.wanted, one.found, one.verdict)


def threshold(one: Result) -> str:
    """Return the threshold of a mark in words."""
    return f"{one.mark.bound if one.mark else ''} {number(one.threshold)}".strip()


def number(value: float | None) -> str:
    """Return a number to three digits, a whole one to all of them, and nothing where there is none."""
    if value is None:
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:.3g}"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in columns)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    marked = f' class="{text}"' if text in {"failed", "warning", "passed"} else ""
    return f"<td{marked}>{escape(text)}</td>"
