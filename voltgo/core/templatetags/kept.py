"""Parts of a page that are the same for everybody: drawn once, then kept in memory.

    {% kept section user.is_authenticated %} … {% endkept %}

What stands inside may depend on the reader's language and on the named values, on nothing else: no token, no
name, no row of the database. A process keeps its own copies; they go when it ends, as its templates do.
"""

from collections.abc import Hashable
from typing import Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

# Enough for every language and section; where a number is among the values, all make room for new ones.
MOST_COPIES = 200


class KeptNode(template.Node):
    """Draws what it wraps once for each language and each set of values."""

    def __init__(self, keys: list[FilterExpression], nodelist: NodeList) -> None:
        self.keys = keys
        self.nodelist = nodelist
        self._copies: dict[Hashable, SafeString] = {}

    @property
    def copies(self) -> int:
        return len(self._copies)

    def render(self, context: Context) -> SafeString:
        key = (get_language(), *(each.resolve(context, ignore_failures=True) for each in self.keys))
        copy = self._copies.get(key)
        if copy is None:
            if len(self._copies) >= MOST_COPIES:
                self._copies.clear()
            copy = self._copies[key] = self.nodelist.render(context)
        return copy


@register.tag
def kept(parser: Parser, token: Token) -> Any:
    """Keep what is drawn up to `endkept`, by language and by the values that are named."""
    keys = [parser.compile_filter(word) for word in token.split_contents()[1:]]
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(keys, nodelist)
