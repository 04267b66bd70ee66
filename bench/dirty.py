"""How many wrong cells rules find in tables of which a clean twin is known: by hand, and as `assay suggest` has them.

A cell is wrong if its text differs from the clean twin's. A cell is flagged if its row breaks a rule that names its
column; a rule of two columns flags the cells of both. Five suites judge each dirty table, all of its rows and those
held out, which no suggestion from clean rows has seen anything of. `clean_flagged` counts the cells of the clean table
that a suite flags; for the written one it must be none.

- written: by hand, from what the columns mean and the clean table holds (bench/dirty_suites);
- clean_half: suggested from the first half of the clean rows, as `assay suggest` does; the second half is held out;
- clean_half_unchecked: the same, without asking whether what the earlier rows say holds for the later ones;
- clean_alternate: suggested from every other clean row; the rows between them are held out;
- dirty: suggested from all rows of the dirty table itself, without the clean one, of rules that 95 in 100 keep.

    make bench-dirty ASSAY_DATA=...      writes var/bench/dirty.json
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assay.tables import cell, texts
from quality.profiling import Caution, steady, suggest, suite
from quality.rules import compile_suite
from quality.rules.columns import Columns

SUITES = Path(__file__).parent / "dirty_suites"
OUT = Path(os.environ.get("ASSAY_VAR", "var")) / "bench" / "dirty.json"
# Cell F1 of published rules on each table, as the notes beside the data give it.
PUBLISHED = {"hospital": 0.443, "flights": 0.709, "beers": 0.618}
# What a rule that is suggested from dirty rows must be kept by.
MOSTLY = 0.95

Cells = frozenset[tuple[int, str]]
Table = Mapping[str, Sequence[object]]


class MissingDataError(Exception):
    """A data set is not where it is looked for."""


@dataclass(frozen=True, kw_only=True)
class Twins:
    """A dirty table and the clean one as columns, and the cells in which they differ."""

    dirty: Table
    clean: Table
    wrong: Cells

    @property
    def count(self) -> int:
        """How many rows each has."""
        return len(next(iter(self.dirty.values())))


def read_twins(folder: Path) -> Twins:
    """Return the tables dirty.csv and clean.csv of a folder; their columns go by the dirty table's names."""
    header, *dirty = texts(folder / "dirty.csv")
    _, *clean = texts(folder / "clean.csv")
    wrong = frozenset(
        (row, name)
        for row, two in enumerate(zip(dirty, clean, strict=True))
        for name, one, other in zip(header, *two, strict=True)
        if one != other
    )
    return Twins(dirty=_columns(header, dirty), clean=_columns(header, clean), wrong=wrong)


def _columns(header: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    return {name: [cell(row[index]) for row in rows] for index, name in enumerate(header)}


def flagged(plain: Mapping[str, Any], table: Table, count: int) -> Cells:
    """Return the cells that a suite's row-level rules flag."""
    if not plain["expectations"]:
        return frozenset()
    data = Columns(table, count)
    return frozenset(
        (row, column)
        for rule in compile_suite(plain, None)
        for row in rule.breaks(data).nonzero()[0].tolist()
        for column in rule.columns
    )


def score(found: Cells, wrong: Cells) -> dict[str, Any]:
    """Return precision, recall and F1 of flagged cells; null where nothing was flagged, or nothing is wrong."""
    hit = len(found & wrong)
    return {
        "flagged": len(found),
        "wrong": len(wrong),
        "hit": hit,
        "precision": round(hit / len(found), 3) if found else None,
        "recall": round(hit / len(wrong), 3) if wrong else None,
        "f1": round(2 * hit / (len(found) + len(wrong)), 3) if found or wrong else None,
    }


def judged(plain: Mapping[str, Any], twins: Twins, held_out: range) -> dict[str, Any]:
    """Return how a suite fares on the dirty table: on all rows, on those held out, and by column."""
    found = flagged(plain, twins.dirty, twins.count)
    return {
        "rules": len(plain["expectations"]),
        "clean_flagged": len(flagged(plain, twins.clean, twins.count)),
        "all": score(found, twins.wrong),
        "held_out": score(_among(held_out, found), _among(held_out, twins.wrong)),
        "columns": {name: score(_of(name, found), _of(name, twins.wrong)) for name in twins.dirty},
    }


def _among(rows: range, cells: Cells) -> Cells:
    return frozenset(each for each in cells if each[0] in rows)


def _of(column: str, cells: Cells) -> Cells:
    return frozenset(each for each in cells if each[1] == column)


def suites(name: str, twins: Twins) -> dict[str, dict[str, Any]]:
    """Return the suites that judge a table."""
    half = {column: values[: twins.count // 2] for column, values in twins.clean.items()}
    alternate = {column: values[::2] for column, values in twins.clean.items()}
    return {
        "written": json.loads((SUITES / f"{name}.json").read_text(encoding="utf-8")),
        "clean_half": suite(name, steady(half)),
        "clean_half_unchecked": suite(name, suggest(half)),
        "clean_alternate": suite(name, steady(alternate)),
        "dirty": suite(name, steady(twins.dirty, Caution(mostly=MOSTLY))),
    }


def measure(name: str, twins: Twins) -> dict[str, Any]:
    """Return what every suite finds in one table, with the published figure."""
    second, between = range(twins.count // 2, twins.count), range(1, twins.count, 2)
    found = {
        kind: judged(plain, twins, between if kind == "clean_alternate" else second)
        for kind, plain in suites(name, twins).items()
    }
    assert found["written"]["clean_flagged"] == 0, f"{name}.json breaks on the clean table"
    return {
        "rows": twins.count,
        "wrong_share": round(len(twins.wrong) / (twins.count * len(twins.dirty)), 4),
        "published_f1": PUBLISHED[name],
        "suites": found,
    }


def data_folder() -> Path:
    """Return the folder of the dirty tables; all of them must be there."""
    place = os.environ.get("ASSAY_DATA")
    if not place:
        raise MissingDataError("The data set dirty_raha is missing: set ASSAY_DATA to the folder that holds it.")
    folder = Path(place) / "dirty_raha"
    files = [folder / name / f"{kind}.csv" for name in PUBLISHED for kind in ("dirty", "clean")]
    missing = [str(file.relative_to(place)) for file in files if not file.is_file()]
    if missing:
        raise MissingDataError(f"ASSAY_DATA, {place}, has no {', '.join(missing)}: put the data set dirty_raha there.")
    return folder


def main() -> int:
    """Measure every table, print a line for each suite, and write the figures."""
    try:
        folder = data_folder()
    except MissingDataError as error:
        print(error, file=sys.stderr)
        return 1
    found = {name: measure(name, read_twins(folder / name)) for name in PUBLISHED}
    for name, figures in found.items():
        for kind, of in figures["suites"].items():
            print(
                name,
                kind,
                f"rules {of['rules']} clean_flagged {of['clean_flagged']}",
                *(f"{part} {_shown(of[part])}" for part in ("all", "held_out")),
            )
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(f"{OUT} has the figures by column.")
    return 0


def _shown(figures: Mapping[str, Any]) -> str:
    return " ".join(f"{name} {figures[name]}" for name in ("precision", "recall", "f1"))


if __name__ == "__main__":
    sys.exit(main())
