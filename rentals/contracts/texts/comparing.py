"""Two wordings side by side: per article the words that came and the words that went."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from enum import StrEnum

from rentals.contracts.texts.words import ArticleWords, paragraphs

# Less alike than this, two articles are two articles.
ALIKE = 0.5
PIECE = re.compile(r"\s+|[^\s]+")


class Kind(StrEnum):
    """What became of a run of words."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Run:
    """Words that stand together and share their fate."""

    kind: Kind
    words: str


@dataclass(frozen=True, slots=True)
class Compared:
    """One article, before and after; a heading of None is an article that is not there."""

    before: str | None
    after: str | None
    vi: list[Run] = field(default_factory=list)
    en: list[Run] = field(default_factory=list)
    is_block_changed: bool = False
    is_moved: bool = False

    @property
    def is_changed(self) -> bool:
        runs = [*self.vi, *self.en]
        return self.is_block_changed or self.is_moved or any(run.kind != Kind.SAME for run in runs)


def compare(before: Sequence[ArticleWords], after: Sequence[ArticleWords]) -> list[Compared]:
    """Return every article of `after` beside the one of `before` that it comes from, then what was taken out."""
    rest = list(enumerate(before))
    last, out = -1, []
    for article in after:
        index = _origin(article, rest)
        if index is None:
            out.append(_compared(None, article))
            continue
        place, origin = rest.pop(index)
        out.append(_compared(origin, article, is_moved=place < last))
        last = max(last, place)
    return [*out, *(_compared(article, None) for _place, article in rest)]


def count_changed(compared: Sequence[Compared]) -> int:
    return sum(each.is_changed for each in compared)


def _origin(article: ArticleWords, candidates: Sequence[tuple[int, ArticleWords]]) -> int | None:
    """Return which of the candidates an article comes from: the same heading, else the most alike."""
    for index, (_place, other) in enumerate(candidates):
        if other.heading_vi == article.heading_vi:
            return index
    likeness = [(_likeness(other, article), -index) for index, (_place, other) in enumerate(candidates)]
    best = max(likeness, default=(0.0, 0))
    return -best[1] if best[0] >= ALIKE else None


def _likeness(one: ArticleWords, other: ArticleWords) -> float:
    matcher = SequenceMatcher(None, one.text_vi.split(), other.text_vi.split(), autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= ALIKE else 0.0


def _compared(before: ArticleWords | None, after: ArticleWords | None, *, is_moved: bool = False) -> Compared:
    return Compared(
        before=before.heading_vi if before else None,
        after=after.heading_vi if after else None,
        vi=runs(_text(before, "vi"), _text(after, "vi")),
        en=runs(_text(before, "en"), _text(after, "en")),
        is_block_changed=bool(before and after and before.block != after.block),
        is_moved=is_moved,
    )


def _text(article: ArticleWords | None, language: str) -> str:
    if article is None:
        return ""
    text = getattr(article, f"text_{language}")
    return "\n".join([getattr(article, f"heading_{language}"), *paragraphs(text)])


def runs(before: str, after: str) -> list[Run]:
    """Return two texts as one: what stayed, what went, what came, word by word."""
    old, new = PIECE.findall(before), PIECE.findall(after)
    out: list[Run] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            out.append(Run(Kind.SAME, "".join(old[a:b])))
            continue
        if a < b:
            out.append(Run(Kind.REMOVED, "".join(old[a:b])))
        if c < d:
            out.append(Run(Kind.ADDED, "".join(new[c:d])))
    return out
