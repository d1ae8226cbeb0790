"""The words of a message, rendered once, in its reader's language.

A text message has one segment of 160 characters as long as every one of them is in the GSM alphabet; one
Vietnamese diacritic makes it UCS-2, of which a segment holds 70. So text messages go without diacritics, as
people in Vietnam know them from their banks, and are cut to one segment. Pushes keep every mark.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.template import Context
from django.template.loader import get_template
from django.urls import reverse
from django.utils import translation

from accounts.notifications.enums import MessageKind
from accounts.notifications.kinds import RULES
from accounts.users.models import User

SMS_LENGTH = 160
SENDER_NAME = "VoltGo"
# Marks that have no letter below them, and what stands for them.
PLAIN_FORMS = str.maketrans({
    "đ": "d", "Đ": "D", "₫": "d", "→": ">", "–": "-", "—": "-", "−": "-", "·": "-", "…": ".",
    "“": '"', "”": '"', "‘": "'", "’": "'", "\u00a0": " ",
})  # fmt: skip
# The GSM 7-bit alphabet (3GPP TS 23.038), without its extension table and the Greek capitals.
GSM_ALPHABET = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅå_ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


@dataclass(frozen=True, slots=True)
class Letter:
    """An email: subject, plain text and HTML."""

    subject: str
    body: str
    body_html: str


@dataclass(frozen=True, slots=True)
class Short:
    """A title and a sentence or two, for a lock screen: no amounts, no names, nothing of papers."""

    title: str
    body: str


def letter(user: User, kind: MessageKind, context: Mapping[str, Any]) -> Letter:
    """Render the email of a kind from templates/emails/<kind>/."""
    values = _values(user, context)
    with translation.override(user.language):
        subject = " ".join(_plain(f"emails/{kind}/subject.txt", values).split())[:200]
        body = _plain(f"emails/{kind}/body.txt", values).strip() + "\n"
        body_html = get_template(f"emails/{kind}/body.html").render({**values, "subject": subject})
    return Letter(subject, body, body_html)


def short(user: User, kind: MessageKind, context: Mapping[str, Any]) -> Short:
    """Render the short text of a kind from templates/texts/<kind>.txt; its first line is the title."""
    with translation.override(user.language):
        text = _plain(f"texts/{kind}.txt", _values(user, context))
    title, _line_end, body = text.strip().partition("\n")
    return Short(" ".join(title.split()), " ".join(body.split()))


def sms(text: Short, link: str) -> str:
    """Return the text message: who writes, what, and where to read more, in one segment."""
    tail = f" {settings.SITE_URL.rstrip('/')}{link}" if link else ""
    room = SMS_LENGTH - len(tail)
    return _cut(_gsm(f"{SENDER_NAME}: {text.body}"), room) + _gsm(tail)


def link_of(kind: MessageKind, context: Mapping[str, Any]) -> str:
    """Return the path that a message leads to; nothing when the context does not say which."""
    name, *arguments = RULES[kind].link
    values = [context.get(argument) for argument in arguments]
    if not all(values):
        return ""
    return reverse(name, args=values) if name else str(values[0])


def _values(user: User, context: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **context,
        "recipient": user,
        "site_url": settings.SITE_URL.rstrip("/"),
        "support_phone": settings.SUPPORT_PHONE,
    }


def _plain(template_name: str, values: Mapping[str, Any]) -> str:
    """Render text that is not HTML: nothing is escaped."""
    template: Any = get_template(template_name)
    return str(template.template.render(Context(dict(values), autoescape=False)))


def _gsm(text: str) -> str:
    """Write a text in the GSM alphabet; what has no plain form is left out."""
    split = unicodedata.normalize("NFD", text.translate(PLAIN_FORMS))
    plain = "".join(letter for letter in split if not unicodedata.combining(letter))
    return re.sub(" +", " ", "".join(letter for letter in plain if letter in GSM_ALPHABET))


def _cut(text: str, room: int) -> str:
    """Shorten a text at a word's end."""
    if len(text) <= room:
        return text
    return text[: room - 1].rsplit(" ", 1)[0].rstrip(" ,.;:") + "."
