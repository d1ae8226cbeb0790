"""States of cash sessions and drops, kinds of movement."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import BACK_OFFICE, Machine


class SessionState(models.TextChoices):
    OPEN = "open", _("đang mở")
    COUNTING = "counting", _("đang kiểm két")
    # Counted with a difference that a second person has yet to confirm.
    DISPUTED = "disputed", _("chờ xác nhận chênh lệch")
    CLOSED = "closed", _("đã đóng")
    RECONCILED = "reconciled", _("đã đối chiếu")


# The drawer belongs to this session.
RUNNING_STATES = frozenset({SessionState.OPEN, SessionState.COUNTING, SessionState.DISPUTED})

_COUNTER = frozenset({ActorKind.STAFF, ActorKind.SUPERVISOR, ActorKind.OPERATOR})
_SECOND = frozenset({ActorKind.SUPERVISOR, ActorKind.OPERATOR})

SESSION = Machine(
    "cash_session",
    SessionState.OPEN,
    {
        (SessionState.OPEN, SessionState.COUNTING): _COUNTER,
        (SessionState.COUNTING, SessionState.OPEN): _COUNTER,
        (SessionState.COUNTING, SessionState.CLOSED): _COUNTER,
        (SessionState.COUNTING, SessionState.DISPUTED): _COUNTER,
        (SessionState.DISPUTED, SessionState.CLOSED): _SECOND,
        (SessionState.DISPUTED, SessionState.COUNTING): _COUNTER,
        (SessionState.CLOSED, SessionState.RECONCILED): BACK_OFFICE,
    },
)


class MovementKind(models.TextChoices):
    FLOAT_IN = "float_in", _("nhận tiền lẻ")
    TAKEN_OVER = "taken_over", _("nhận từ ca trước")
    PAYMENT = "payment", _("khách trả")
    REFUND = "refund", _("trả lại khách")
    DROP = "drop", _("nộp khỏi két")
    VARIANCE = "variance", _("chênh lệch")


class DropState(models.TextChoices):
    IN_TRANSIT = "in_transit", _("đang chuyển đến ngân hàng")
    BANKED = "banked", _("đã vào ngân hàng")


DROP = Machine(
    "cash_drop",
    DropState.IN_TRANSIT,
    {(DropState.IN_TRANSIT, DropState.BANKED): BACK_OFFICE},
)
