"""Telling people in time that a paper runs out."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from accounts.kyc.enums import WAITING, DocumentKind, DocumentState
from accounts.kyc.models import IdentityDocument
from accounts.notifications.enums import MessageKind
from accounts.notifications.models import Delivery
from accounts.notifications.services import notify
from voltgo.core import clock

# A new licence takes weeks, a new card days; whoever was told twice is told once more in the last week.
WARN_AT = (60, 30, 7)
BATCH = 500


def warn_of_expiry(*, today: date | None = None) -> int:
    """Tell the owners of papers that run out in 60, 30 and 7 days; once each for a version. Returns how many.

    Whoever was approved with less time left hears of the nearest step only. Nothing is said where a newer version
    is under way already.
    """
    today = today or clock.today()
    return sum(_warn(document, days, today) for days in WARN_AT for document in _due(days, today))


def _due(days: int, today: date) -> Iterator[IdentityDocument]:
    """List papers within a step, down to where the next one begins, that were not told of."""
    nearer = max((each for each in WARN_AT if each < days), default=-1)
    told = Delivery.objects.filter(
        key=Concat(
            Value(f"{MessageKind.DOCUMENT_EXPIRING}:"),
            Cast(OuterRef("pk"), CharField()),
            Value(f":{days}"),
        )
    )
    renewal = IdentityDocument.objects.filter(user=OuterRef("user"), kind=OuterRef("kind"), state__in=WAITING)
    due = IdentityDocument.objects.filter(
        ~Exists(told),
        ~Exists(renewal),
        state=DocumentState.APPROVED,
        expires_on__gt=today + timedelta(days=nearer),
        expires_on__lte=today + timedelta(days=days),
        user__is_active=True,
    )
    yield from due.select_related("user").order_by("pk")[:BATCH]


def _warn(document: IdentityDocument, days: int, today: date) -> bool:
    assert document.expires_on is not None
    notify(
        user=document.user,
        kind=MessageKind.DOCUMENT_EXPIRING,
        key=f"{MessageKind.DOCUMENT_EXPIRING}:{document.pk}:{days}",
        reference=f"document:{document.pk}",
        context={
            "kind_label": DocumentKind(document.kind).label,
            "path": reverse("accounts:identity-upload", args=[document.kind]),
            "expires_on": document.expires_on,
            "days": (document.expires_on - today).days,
        },
    )
    return True
