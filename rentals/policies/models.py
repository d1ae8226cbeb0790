"""The booking policy, dated."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from voltgo.core.money import DongField


class BookingPolicy(models.Model):
    """The rules of booking from a date on: how long, how far ahead, how many, and what a cancellation costs.

    No two policies are valid on the same day (exclusion constraint). What a renter was shown is frozen into
    the quote; a change never reaches a booking that was made before. Defaults: what the market does.
    """

    valid_from = models.DateField(_("áp dụng từ"))
    valid_until = models.DateField(_("áp dụng đến hết"), null=True, blank=True)

    shortest_minutes = models.PositiveIntegerField(_("thuê ngắn nhất (phút)"), default=60)
    longest_days = models.PositiveSmallIntegerField(_("thuê dài nhất (ngày)"), default=60)
    furthest_ahead_days = models.PositiveSmallIntegerField(_("đặt trước tối đa (ngày)"), default=180)
    lead_minutes = models.PositiveSmallIntegerField(_("đặt trước tối thiểu (phút)"), default=0)

    hold_minutes = models.PositiveSmallIntegerField(_("giữ xe chờ thanh toán (phút)"), default=15)
    walk_in_hold_minutes = models.PositiveSmallIntegerField(_("giữ xe tại quầy (phút)"), default=5)
    waitlist_offer_minutes = models.PositiveSmallIntegerField(
        _("giữ xe cho khách trong danh sách chờ (phút)"), default=20
    )
    most_unpaid_holds = models.PositiveSmallIntegerField(_("số lượt giữ chưa trả tiền tối đa"), default=3)
    most_open_bookings = models.PositiveSmallIntegerField(_("số lượt đặt sắp tới tối đa"), default=5)
    most_bookings_a_day = models.PositiveSmallIntegerField(_("số lượt đặt mỗi ngày tối đa"), default=8)

    free_cancel_hours = models.PositiveSmallIntegerField(_("hủy miễn phí trước (giờ)"), default=24)
    partial_cancel_hours = models.PositiveSmallIntegerField(_("hoàn một phần trước (giờ)"), default=12)
    partial_refund_bp = models.PositiveSmallIntegerField(_("phần được hoàn (phần vạn)"), default=5000)
    free_after_booking_minutes = models.PositiveSmallIntegerField(
        _("hủy miễn phí sau khi đặt (phút)"), default=60
    )
    no_show_grace_minutes = models.PositiveSmallIntegerField(_("chờ khách đến (phút)"), default=60)
    extend_until_overdue_minutes = models.PositiveSmallIntegerField(
        _("còn được gia hạn khi trễ (phút)"), default=30
    )
    # Fines of cameras surface a week to a month later: a part of the deposit waits for them.
    fine_retention_amount = DongField(_("cọc giữ lại chờ phạt nguội"), default=0, db_default=0)
    fine_retention_days = models.PositiveSmallIntegerField(
        _("giữ lại chờ phạt nguội (ngày)"), default=30, db_default=30
    )

    class Meta:
        verbose_name = _("chính sách đặt xe")
        verbose_name_plural = _("các chính sách đặt xe")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="booking_policy_dates_in_order",
                violation_error_message=_("Ngày cuối phải bằng hoặc sau ngày bắt đầu."),
            ),
            models.CheckConstraint(
                condition=Q(partial_refund_bp__lte=10_000)
                & Q(partial_cancel_hours__lte=F("free_cancel_hours"))
                & Q(shortest_minutes__gt=0)
                & Q(longest_days__gt=0)
                # A provider's page closes two minutes before the hold; less than this and nobody can pay.
                & Q(hold_minutes__gte=5)
                & Q(walk_in_hold_minutes__gte=5)
                & Q(waitlist_offer_minutes__gte=5),
                name="booking_policy_sane",
                violation_error_message=_(
                    "Giữ xe ít nhất 5 phút; hoàn tối đa 100 phần trăm; hạn hoàn một phần phải sau hạn hủy miễn phí."
                ),
            ),
            models.CheckConstraint(
                condition=Q(fine_retention_amount__gte=0)
                & (Q(fine_retention_amount=0) | Q(fine_retention_days__gt=0)),
                name="booking_policy_retention_ends",
                violation_error_message=_("Cọc giữ lại phải có số ngày giữ."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.valid_from:%d/%m/%Y}"
