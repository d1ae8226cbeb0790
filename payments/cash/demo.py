"""What the demo needs of drawers: shifts that began and ended some hours ago."""

from datetime import datetime

from payments.cash.models import CashSession


def date_back(session: CashSession, *, opened_at: datetime) -> None:
    """Let a running session have begun earlier; what is closed stays as it is."""
    CashSession.objects.filter(pk=session.pk, closed_at=None).update(opened_at=opened_at)
    session.opened_at = opened_at
