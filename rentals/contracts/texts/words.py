"""One article's words in both languages, and the hash of a whole wording. Plain values, no database."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

BLANK_LINE = re.compile(r"\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class ArticleWords:
    """What one article says; `block` names the table that the layout prints with it."""

    heading_vi: str
    heading_en: str
    text_vi: str = ""
    text_en: str = ""
    block: str = ""

    @property
    def clauses(self) -> list[tuple[str, str]]:
        """The paragraphs of both languages in pairs; checked before they are kept, so none is left over."""
        return list(zip(paragraphs(self.text_vi), paragraphs(self.text_en), strict=True))


def words_of_row(row: Any) -> ArticleWords:
    """Read an article's row, or anything with its columns."""
    return ArticleWords(row.heading_vi, row.heading_en, row.text_vi, row.text_en, row.block)


def words_from(values: Mapping[str, str]) -> ArticleWords:
    return ArticleWords(**{name: values.get(name, "") for name in ArticleWords.__dataclass_fields__})


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text: an empty line parts them, a single line break does not."""
    plain = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    return [" ".join(part.split()) for part in BLANK_LINE.split(plain) if part.strip()]


def tidy(text: str) -> str:
    """Return a text as it is kept: composed letters, one empty line between paragraphs."""
    return "\n\n".join(paragraphs(text))


def sha256_of(articles: Iterable[ArticleWords]) -> str:
    """Return the hash of a wording: of its articles in order, as JSON with sorted keys, in UTF-8."""
    whole = [asdict(article) for article in articles]
    canonical = json.dumps(whole, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
