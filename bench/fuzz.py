"""A million spoiled records through screening: nothing may escape, get lost, hang, or be read in two ways.

Sound records of three contracts are spoiled (`bench/mutations.py`) and screened in frames of any size: the digits
project, the contract of this code's own tests, and a flat one of numbers and texts. Of every frame the laws of
`bench/laws.py` are checked; of one record in twenty that the compiled contract and pydantic alone agree.

    make fuzz        writes var/fuzz/report.json, and the records of what fails into var/fuzz/failures/

The same seed makes the same records. It exits with 1 if anything failed.
"""

import argparse
import json
import os
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import perf_counter, process_time
from typing import Annotated, Any

from pydantic import Field

from bench.laws import Broken, check, compare
from bench.mutations import Mutations, Record, headers, timestamp
from quality import frames
from quality.contracts import Contract
from quality.frames import Frame
from quality.screening import Outcome, Screening, screen
from quality.state import State
from quality.testing import screening
from schemas.samples import Payload, versioned
from schemas.testing import record
from schemas.verdicts import Disposition
from storage.projects import read_project

RECORDS = 1_000_000
SEED = 1
# One record of so many is read in both ways.
COMPARED = 20
# A frame that takes so long has hung.
HUNG_SECONDS = 10.0
MEAN_RECORDS, MOST_RECORDS = 100, 2_000
OUT = Path(os.environ.get("ASSAY_VAR", "var")) / "fuzz"
DIGITS = Path(__file__).parent.parent / "examples" / "digits"


class Flat(Payload):
    """What many send: numbers and texts."""

    values: Annotated[list[float], Field(min_length=4, max_length=4)]
    temperature: Annotated[float, Field(ge=-90, le=60)]
    count: Annotated[int, Field(ge=0)] = 0
    kind: str = ""
    good: bool | None = None


def rule(name: str, column: str, **kwargs: Any) -> dict[str, Any]:
    """Return an expectation of a suite."""
    return {"type": f"expect_column_values_to_{name}", "kwargs": {"column": column, **kwargs}}


FLAT_SUITE = {
    "expectations": [
        rule("be_between", "temperature", min_value=-60, max_value=55),
        rule("be_in_set", "kind", value_set=["", "a", "b"]),
        rule("match_regex", "source", regex="^camera-"),
        {**rule("not_be_null", "prediction.top"), "severity": "warning"},
    ]
}


def digit(number: int, random: Random) -> Record:
    """Return a sound record of the digits project."""
    return record(
        number,
        contract=1,
        source=f"scanner-{number % 3}",
        payload={"pixels": [random.randrange(17) for _ in range(64)]},
        prediction={"model": "m", "scores": {name: round(random.random(), 6) for name in "0123456789"}},
        attributes={"origin": f"sheet-{number % 97}"},
    )


def reading(number: int, random: Random) -> Record:
    """Return a sound record of the contract in `schemas.testing`; now and then of its old version."""
    if random.random() < 0.1:
        return record(number, contract=1, payload={"values": [number, random.random()]})
    payload = {"values": [number, random.random()], "note": "é", "maker": {"a": [None, 1.5, {"b": True}]}}
    return record(number, payload=payload, embedding=[random.random(), 1], media="m")


def flat(number: int, random: Random) -> Record:
    """Return a sound record of the flat contract."""
    payload = {
        "values": [number, *(random.gauss(0, 9) for _ in range(3))],
        "temperature": random.uniform(-70, 60),
        "count": number,
        "kind": random.choice("abc"),
        "good": random.choice((True, False, None)),
    }
    return record(number, contract=1, payload=payload)


@dataclass(kw_only=True)
class Target:
    """A contract with what is asked of its samples, and what screening remembers of the stream so far."""

    name: str
    screening: Screening
    mutations: Mutations
    state: State = field(default_factory=State)

    @classmethod
    def all(cls, random: Random) -> "list[Target]":
        """Return the contracts to fuzz."""
        contract = Contract(current=1, versions=versioned({1: Flat}))
        asked: tuple[tuple[str, Screening, Callable[[int, Random], Record]], ...] = (
            ("digits", read_project(DIGITS).screening, digit),
            ("testing", screening(), reading),
            ("flat", screening(payload=Flat, contract=contract, suite=FLAT_SUITE), flat),
        )
        return [cls(name=name, screening=one, mutations=Mutations(random, sound)) for name, one, sound in asked]

    def frame(self, random: Random, records: int) -> Frame:
        """Return the next frame, of so many records; seldom after a gap in the offsets, or with one."""
        offset = self.state.next_offset - 1
        rows = []
        for _ in range(records):
            offset += 1 if random.random() < 0.99 else random.randrange(1, 1_000)
            rows.append(
                frames.Record(
                    offset=offset,
                    key=random.choice((None, b"", b"camera-1", b"\xff\x00")),
                    value=self.mutations.value(),
                    headers=headers(random),
                    timestamp=timestamp(random),
                )
            )
        return Frame.of(f"{self.name}.samples", 0, rows)


@dataclass(kw_only=True)
class Fuzzing:
    """One run: what it has found so far."""

    random: Random
    folder: Path
    records: int = 0
    ended: Counter[Disposition] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    def turn(self, target: Target, records: int) -> None:
        """Screen a frame of so many records, and check everything that holds of it."""
        frame = target.frame(self.random, records)
        self.records += records
        try:
            outcome = self._screened(target, frame)
            check(frame, outcome, target.screening)
            sampled = self.random.sample(range(records), -(-records // COMPARED))
            compare(target.screening.contract, frame.values, sampled)
        except Broken as broken:
            self._keep(target, frame, broken.kind, str(broken), broken.places)
        except Exception:  # noqa: BLE001 - that is what is looked for
            self._keep(target, frame, "crashed", traceback.format_exc(), _culprits(target, frame))
        # A frame that failed is left behind, as a restart would not leave it.
        if target.state.next_offset < frame.next:
            target.state = State(next_offset=frame.next)

    def _screened(self, target: Target, frame: Frame) -> Outcome:
        began = process_time()
        outcome = screen(frame, target.state, target.screening)
        took = process_time() - began
        self.slowest = max(self.slowest, took)
        for run in outcome.receipt.runs:
            self.ended[run.disposition] += run.count
        written = outcome.state.to_bytes()
        target.state = State.from_bytes(written)
        if target.state.to_bytes() != written:
            raise Broken("unsound", "the state does not read itself back", range(len(frame)))
        if took > HUNG_SECONDS:
            raise Broken("hung", f"a frame took {took:.1f} s", range(len(frame)))
        return outcome

    def _keep(self, target: Target, frame: Frame, kind: str, told: str, places: "range | list[int]") -> None:
        self.failed[kind] += 1
        for place in places:
            name = f"{kind}-{target.name}-{frame.offsets[place]}"
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{name}.record").write_bytes(frame.values[place] or b"")
            (self.folder / f"{name}.txt").write_text(f"{told}\n{frame.record(place)!r}\n")


def _culprits(target: Target, frame: Frame) -> list[int]:
    """Return the records that fail on their own; all where none does."""
    found = []
    for place in range(len(frame)):
        alone = Frame.of(frame.topic, frame.partition, [frame.record(place)])
        try:
            check(alone, screen(alone, State(next_offset=frame.offsets[place]), target.screening), target.screening)
            compare(target.screening.contract, alone.values, [0])
        except Exception:  # noqa: BLE001 - that is what is looked for
            found.append(place)
    return found or list(range(len(frame)))


def fuzz(records: int, seed: int, folder: Path) -> dict[str, Any]:
    """Screen so many spoiled records and return the report; what fails is written into `folder`."""
    random = Random(seed)  # noqa: S311 - a seed makes the same records again
    began = perf_counter()
    fuzzing = Fuzzing(random=random, folder=folder)
    targets = Target.all(random)
    while fuzzing.records < records:
        size = min(1 + int(random.expovariate(1 / MEAN_RECORDS)), MOST_RECORDS, records - fuzzing.records)
        fuzzing.turn(random.choice(targets), size)
    ended = fuzzing.ended
    return {
        "records": fuzzing.records,
        "seed": seed,
        "seconds": round(perf_counter() - began, 1),
        "accepted": ended[Disposition.ACCEPTED],
        "rejected": ended[Disposition.REJECTED],
        "duplicates": ended[Disposition.DUPLICATE],
        **{kind: fuzzing.failed[kind] for kind in ("crashed", "hung", "disagreed", "unsound")},
        "slowest_frame_ms": round(1_000 * fuzzing.slowest, 1),
    }


def main() -> None:
    """Run, print and write the report."""
    parser = argparse.ArgumentParser(description="Screen spoiled records, and check that nothing escapes or is lost.")
    parser.add_argument("--records", type=int, default=RECORDS, help="how many (%(default)s)")
    parser.add_argument("--seed", type=int, default=SEED, help="the same seed makes the same records (%(default)s)")
    asked = parser.parse_args()
    warnings.simplefilter("error")
    print(f"{asked.records} records of seed {asked.seed}")
    report = fuzz(asked.records, asked.seed, OUT / "failures")
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    failures = sum(report[kind] for kind in ("crashed", "hung", "disagreed", "unsound"))
    sys.exit(f"{failures} frames failed: see {OUT / 'failures'}" if failures else 0)


if __name__ == "__main__":
    main()
