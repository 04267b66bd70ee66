"""Conventions of writing text in which labelers differ: punctuation, fillers, capitals."""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations

from labeling.findings.evidence import ENOUGH, best, quoted
from quality.chance import LEVEL, SLIPS, binomial_tail, holm, hypergeometric_tail
from quality.intervals import wilson
from schemas.labels import Finding, FindingKind

# A word, with what stands between its letters or digits, or one mark.
TOKEN = re.compile(r"\w+(?:[^\w\s]\w+)*|[^\w\s]")
# The tasks that a token must stand in to be looked at.
LEAST = 5


def optional_tokens(tasks: Mapping[int, Sequence[str]]) -> list[Finding]:
    """Return the words and marks that some write and others leave out, beyond what other tokens are; clearest first.

    `tasks` holds the texts by task id, one a labeler. Letter case aside, a task shows it if the token does not stand in
    each of its texts equally often. The effect is the share of such tasks among those in which anybody wrote it,
    with Wilson's interval. Tested against all other tokens (Fisher's exact test), and against careless slips on 2 % of
    tasks (binomial): the larger p-value counts, corrected over the tokens (Holm).
    """
    present: Counter[str] = Counter()
    torn: defaultdict[str, dict[int, float]] = defaultdict(dict)
    for task, texts in tasks.items():
        for token, evenness in _tokens(texts).items():
            present[token] += 1
            if evenness is not None:
                torn[token][task] = evenness
    everywhere, differing = present.total(), sum(map(len, torn.values()))

    def chance(token: str) -> float:
        hits, among = len(torn[token]), present[token]
        return max(hypergeometric_tail(hits, among, differing, everywhere), binomial_tail(hits, among, SLIPS))

    looked_at = sorted(token for token in torn if present[token] >= LEAST)
    tests = sum(count >= LEAST for count in present.values())
    found = [
        _optional(token, torn[token], present[token], p_value)
        for token, p_value in zip(looked_at, holm([chance(token) for token in looked_at], tests=tests), strict=True)
        if p_value <= LEVEL
    ]
    return sorted(found, key=lambda finding: (finding.p_value, -finding.tasks, finding.says))


def _tokens(texts: Sequence[str]) -> dict[str, float | None]:
    """Return the tokens of a task's texts, none of a single one; None where all texts have one equally often.

    Else how evenly the texts fall into those with it and those without: half at most.
    """
    counted = [Counter(TOKEN.findall(_plain(text).casefold())) for text in texts] if len(texts) > 1 else []
    found: dict[str, float | None] = {}
    for token in set().union(*counted):
        counts = [counter[token] for counter in counted]
        without = counts.count(0)
        found[token] = min(without, len(counts) - without) / len(counts) if len(set(counts)) > 1 else None
    return found


def letter_case(tasks: Mapping[int, Sequence[str]]) -> list[Finding]:
    """Return at most one finding: that texts which are else the same differ in capitals.

    The effect is the share of such tasks among those with two texts that are the same but for case and white space,
    with Wilson's interval. Tested against careless slips on 2 % of tasks (binomial).
    """
    same = {task: _same_but_case(texts) for task, texts in tasks.items()}
    torn = {task: pairs.count(True) / len(pairs) for task, pairs in same.items() if any(pairs)}
    of = sum(bool(pairs) for pairs in same.values())
    p_value = binomial_tail(len(torn), of, SLIPS)
    if p_value > LEVEL or len(torn) < ENOUGH:
        return []
    share = wilson(len(torn), of)
    return [
        Finding(
            kind=FindingKind.LETTER_CASE,
            says=f"On {len(torn)} of {of} tasks with else equal texts, some write capitals that others do not.",
            tasks=len(torn),
            of=of,
            effect=share.estimate,
            low=share.low,
            high=share.high,
            p_value=p_value,
            examples=best(torn),
            evidence=tuple(sorted(torn)),
        )
    ]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text)).strip()


def _same_but_case(texts: Sequence[str]) -> list[bool]:
    """Return, for each two texts that are the same but for case, whether they differ in it."""
    plain = [_plain(text) for text in texts]
    return [one != other for one, other in combinations(plain, 2) if one.casefold() == other.casefold()]


def _optional(token: str, torn: Mapping[int, float], present: int, p_value: float) -> Finding:
    share = wilson(len(torn), present)
    word = token[0].isalnum()
    return Finding(
        kind=FindingKind.FILLER if word else FindingKind.PUNCTUATION,
        says=f"{quoted(token)} is written by some and left out by others on {len(torn)} of {present} tasks that "
        "anybody wrote it on.",
        tasks=len(torn),
        of=present,
        effect=share.estimate,
        low=share.low,
        high=share.high,
        p_value=p_value,
        examples=best(torn),
        evidence=tuple(sorted(torn)),
    )
