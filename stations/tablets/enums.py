"""Choices and the state machine of tablets."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import Machine


class TabletState(models.TextChoices):
    ENROLLED = "enrolled", _("đang dùng")
    REVOKED = "revoked", _("đã thu hồi")


MAY = frozenset({ActorKind.SUPERVISOR, ActorKind.OPERATOR})
TABLET = Machine(
    "tablet",
    TabletState.ENROLLED,
    {
        (TabletState.ENROLLED, TabletState.REVOKED): MAY,
        # Found again: what it still holds can be sent after all.
        (TabletState.REVOKED, TabletState.ENROLLED): frozenset({ActorKind.OPERATOR}),
    },
)
