"""Choices and the state machines of commands and conflicts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import COUNTER, Machine


class Origin(models.TextChoices):
    TABLET = "tablet", _("máy tính bảng")
    PAPER = "paper", _("phiếu giấy")


class CommandKind(models.TextChoices):
    PICKUP = "pickup", _("giao xe")
    RETURN = "return", _("nhận lại xe")
    WALK_IN = "walk_in", _("khách vãng lai")
    CASH_OPEN = "cash_open", _("mở ca két")
    CASH_TAKE = "cash_take", _("thu tiền mặt")
    CASH_DROP = "cash_drop", _("nộp tiền")
    CASH_CLOSE = "cash_close", _("đếm và đóng ca két")
    VEHICLE_READY = "vehicle_ready", _("xe sẵn sàng")
    CHARGE_START = "charge_start", _("cắm sạc")
    CHARGE_END = "charge_end", _("rút sạc")
    FAULT = "fault", _("báo hỏng")
    NOTE = "note", _("ghi chú")


class CommandState(models.TextChoices):
    # Written down; its files or what comes before it are still on their way.
    WAITING = "waiting", _("đang chờ")
    APPLIED = "applied", _("đã áp dụng")
    # A person decides; nothing of it is lost meanwhile.
    CONFLICT = "conflict", _("cần người xem")
    # Forged or unreadable; kept as evidence, and a person is told.
    REJECTED = "rejected", _("bị từ chối")
    # A person has decided: it was done otherwise, or is evidence only.
    RESOLVED = "resolved", _("đã xử lý")


MACHINE = frozenset({ActorKind.SYSTEM}) | COUNTER
COMMAND = Machine(
    "sync_command",
    CommandState.WAITING,
    {
        (CommandState.WAITING, CommandState.APPLIED): MACHINE,
        (CommandState.WAITING, CommandState.CONFLICT): MACHINE,
        (CommandState.WAITING, CommandState.REJECTED): MACHINE,
        # A person says: apply it all the same, or it was dealt with otherwise.
        (CommandState.CONFLICT, CommandState.APPLIED): COUNTER,
        (CommandState.CONFLICT, CommandState.RESOLVED): COUNTER,
        (CommandState.REJECTED, CommandState.RESOLVED): frozenset({ActorKind.OPERATOR}),
    },
)


class Severity(models.TextChoices):
    NOTICE = "notice", _("cần xem")
    HIGH = "high", _("gấp")


class Resolution(models.TextChoices):
    APPLIED = "applied", _("vẫn áp dụng")
    EVIDENCE = "evidence", _("giữ làm bằng chứng")
    BY_HAND = "by_hand", _("đã làm bằng tay")
