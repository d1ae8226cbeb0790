"""Wordings of the agreement: articles in both languages that operators write, checked, compared and printed."""

from rentals.contracts.texts.choosing import template_for, words_of

__all__ = ["template_for", "words_of"]
