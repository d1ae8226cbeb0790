"""Which wording applies, and the words of one that a contract names."""

from datetime import date

from rentals.contracts.enums import TemplateState
from rentals.contracts.errors import WordingDamaged
from rentals.contracts.models import ContractTemplate
from rentals.contracts.texts.words import ArticleWords, sha256_of, words_of_row


def template_for(day: date) -> ContractTemplate | None:
    """Return the published wording with the latest day that has come."""
    published = ContractTemplate.objects.filter(state=TemplateState.PUBLISHED, valid_from__lte=day)
    return published.order_by("-valid_from").first()


def articles_of(template: ContractTemplate) -> list[ArticleWords]:
    return [words_of_row(row) for row in template.articles.order_by("position")]


def words_of(code: str, *, sha256: str) -> list[ArticleWords]:
    """Return the articles that a contract was drawn up with.

    Raises:
        WordingDamaged: they are gone, or are not the words whose hash the contract keeps.
    """
    template = ContractTemplate.objects.filter(code=code).first()
    articles = articles_of(template) if template else []
    if not articles or sha256_of(articles) != sha256:
        raise WordingDamaged(code=code)
    return articles


def is_retired(code: str) -> bool:
    """Say whether a wording may not be signed any more, so that what is unsigned is drawn up anew."""
    return ContractTemplate.objects.filter(code=code, state=TemplateState.RETIRED).exists()
