"""The first wording that is a row: read from its file by a migration, and again where a table was emptied.

Named in a migration: keep this module and its file where they are.
"""

import json
from datetime import date
from pathlib import Path

from rentals.contracts.texts.words import ArticleWords, words_from

CODE = "2026-12"
VALID_FROM = date(2026, 11, 1)
NOTE = "Lời văn của bản 2026-11, chuyển vào nơi vận hành soạn được."
FILE = Path(__file__).parent / f"{CODE}.json"


def first_articles() -> list[ArticleWords]:
    return [words_from(values) for values in json.loads(FILE.read_text(encoding="utf-8"))]
