"""Drawers, the sessions in which people answer for them, every movement, and drops to the bank."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.cash.enums import RUNNING_STATES, DropState, MovementKind, SessionState
from voltgo.core import clock
from voltgo.core.money import DongField, OptionalDongField, format_dong


class CashDrawer(models.Model):
    """One drawer. `place_ref` says whose it is, such as `station:BTH`; its owner knows what that means."""

    code = models.CharField(_("mã"), max_length=40, unique=True)
    name = models.CharField(_("tên"), max_length=80)
    place_ref = models.CharField(_("thuộc về"), max_length=80)
    # Above this the page asks for a drop.
    most_kept = DongField(_("nên nộp khi vượt quá"), default=10_000_000)
    is_active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("két tiền")
        verbose_name_plural = _("các két tiền")
        indexes: ClassVar = [models.Index(fields=["place_ref"], name="cash_drawer_place")]

    def __str__(self) -> str:
        return self.name


class CashSession(models.Model):
    """One person's shift with one drawer, from the opening count to the closing one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    drawer = models.ForeignKey(
        CashDrawer, models.PROTECT, related_name="sessions", verbose_name=_("két tiền")
    )
    state = models.CharField(_("trạng thái"), max_length=12, choices=SessionState, default=SessionState.OPEN)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("người mở")
    )
    opened_at = models.DateTimeField(_("mở lúc"))
    # What lay in the drawer at the opening, counted.
    opening_amount = DongField(_("đầu ca"))
    opening_counts = models.JSONField(
        _("số tờ đầu ca"), default=dict, db_default=models.Value({}, models.JSONField())
    )
    # Why that was not what the session before had left.
    opening_reason = models.CharField(
        _("lý do chênh lệch đầu ca"), max_length=300, blank=True, default="", db_default=""
    )
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người đóng"),
    )
    closed_at = models.DateTimeField(_("đóng lúc"), null=True, blank=True)
    # Counted blind: what should be there is told only afterwards. `closed_by` is who counted.
    handed_in_at = models.DateTimeField(_("nộp kết quả đếm lúc"), null=True, blank=True)
    counts = models.JSONField(_("số tờ từng mệnh giá"), default=dict)
    counted_amount = OptionalDongField(_("đếm được"), null=True)
    expected_amount = OptionalDongField(_("theo sổ"), null=True)
    variance_reason = models.CharField(_("lý do chênh lệch"), max_length=300, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người xác nhận"),
    )
    handover_note = models.CharField(_("ghi chú cho ca sau"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("ca két")
        verbose_name_plural = _("các ca két")
        permissions: ClassVar = [("reconcile_cashsession", _("Đối chiếu ca két"))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="cash_session_one_running_per_drawer",
                fields=["drawer"],
                condition=models.Q(state__in=RUNNING_STATES),
            ),
            models.CheckConstraint(
                name="cash_session_closed_when_counted",
                condition=~models.Q(state__in=[SessionState.CLOSED, SessionState.RECONCILED])
                | models.Q(
                    counted_amount__isnull=False, expected_amount__isnull=False, closed_at__isnull=False
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drawer.name}, {clock.local(self.opened_at):%d/%m/%Y %H:%M}"


class CashMovement(models.Model):
    """One amount into (positive) or out of (negative) a drawer."""

    session = models.ForeignKey(
        CashSession, models.PROTECT, related_name="movements", verbose_name=_("ca két")
    )
    kind = models.CharField(_("loại"), max_length=12, choices=MovementKind)
    amount = DongField(_("số tiền"))
    reference = models.CharField(_("tham chiếu"), max_length=80, blank=True)
    # What the renter gave and got back, for the receipt; the movement is the difference.
    tendered_amount = OptionalDongField(_("khách đưa"), null=True)
    idempotency_key = models.CharField(_("khóa chống lặp"), max_length=140, unique=True)
    note = models.CharField(_("ghi chú"), max_length=300, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("người thực hiện")
    )
    at = models.DateTimeField(_("lúc"))

    class Meta:
        verbose_name = _("khoản thu chi tiền mặt")
        verbose_name_plural = _("các khoản thu chi tiền mặt")
        constraints: ClassVar = [
            models.CheckConstraint(name="cash_movement_not_zero", condition=~models.Q(amount=0)),
        ]
        indexes: ClassVar = [models.Index(fields=["reference"], name="cash_movement_reference")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {format_dong(self.amount)}"


class CashDrop(models.Model):
    """A sealed bag on its way from a drawer to the bank."""

    movement = models.OneToOneField(
        CashMovement, models.PROTECT, related_name="drop", verbose_name=_("khoản chi")
    )
    drawer = models.ForeignKey(CashDrawer, models.PROTECT, related_name="drops", verbose_name=_("két tiền"))
    amount = DongField(_("số tiền"))
    bag_number = models.CharField(_("số niêm phong"), max_length=40)
    # Who saw the bag being sealed, where a second person was there.
    witness = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người làm chứng"),
    )
    state = models.CharField(_("trạng thái"), max_length=12, choices=DropState, default=DropState.IN_TRANSIT)
    dropped_at = models.DateTimeField(_("nộp lúc"))
    banked_at = models.DateTimeField(_("vào ngân hàng lúc"), null=True, blank=True)
    # The line of the bank's statement.
    bank_ref = models.CharField(_("mã giao dịch ngân hàng"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("lần nộp tiền")
        verbose_name_plural = _("các lần nộp tiền")
        constraints: ClassVar = [
            models.UniqueConstraint(name="cash_drop_bag_once", fields=["bag_number"]),
            models.CheckConstraint(name="cash_drop_amount_positive", condition=models.Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return self.bag_number
