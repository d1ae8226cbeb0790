"""Articles as the layout prints them: numbered, with the contract's values in place of the names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from rentals.contracts.enums import TemplateBlock
from rentals.contracts.texts.values import Data, fill, values_of
from rentals.contracts.texts.words import ArticleWords

BLOCKS: Mapping[str, str] = {
    TemplateBlock.PARTIES: "pdf/contract/_parties.html",
    TemplateBlock.VEHICLE: "pdf/contract/_vehicle.html",
    TemplateBlock.PERIOD: "pdf/contract/_period.html",
    TemplateBlock.PRICE: "pdf/contract/_price.html",
    TemplateBlock.DEPOSIT: "pdf/contract/_deposit.html",
    TemplateBlock.USE: "pdf/contract/_use.html",
    TemplateBlock.LATE: "pdf/contract/_late.html",
}


@dataclass(frozen=True, slots=True)
class Clause:
    """One numbered paragraph in both languages; the opening of the agreement has no number."""

    number: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Article:
    """One article ready to print; `number` is 0 for the opening."""

    number: int
    heading_vi: str
    heading_en: str
    block: str
    clauses: list[Clause] = field(default_factory=list)


def printed(articles: Iterable[ArticleWords], data: Data) -> list[Article]:
    """Number the articles and their clauses, and fill in the values of one contract."""
    values, number, out = values_of(data), 0, []
    for article in articles:
        is_opening = article.block == TemplateBlock.PARTIES
        number += not is_opening
        own = 0 if is_opening else number
        clauses = [
            Clause(f"{own}.{position}." if own else "", fill(vi, values), fill(en, values))
            for position, (vi, en) in enumerate(article.clauses, start=1)
        ]
        block = BLOCKS.get(article.block, "")
        out.append(Article(own, article.heading_vi, article.heading_en, block, clauses))
    return out
