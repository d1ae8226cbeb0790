"""The inbox, and a small box for what carries no valid signature."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from payments.intents.enums import Provider


class ProviderEvent(models.Model):
    """One message of a provider with a valid signature; repetitions raise `deliveries`."""

    provider = models.CharField(_("cổng thanh toán"), max_length=16, choices=Provider)
    dedup_key = models.CharField(_("khóa chống lặp"), max_length=200)
    raw = models.TextField(_("nguyên văn"))
    headers = models.JSONField(_("tiêu đề"), default=dict)
    received_at = models.DateTimeField(_("nhận lúc"), auto_now_add=True)
    deliveries = models.PositiveIntegerField(_("số lần nhận"), default=1)
    processed_at = models.DateTimeField(_("xử lý lúc"), null=True, blank=True)
    result = models.CharField(_("kết quả"), max_length=32, blank=True)
    error = models.CharField(_("lỗi"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("thông báo của cổng")
        verbose_name_plural = _("các thông báo của cổng")
        constraints: ClassVar = [
            models.UniqueConstraint(name="provider_event_once", fields=["provider", "dedup_key"]),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.dedup_key}"


class RejectedEvent(models.Model):
    """One message whose signature is wrong. Only the newest are kept."""

    provider = models.CharField(_("cổng thanh toán"), max_length=16, choices=Provider)
    raw = models.TextField(_("nguyên văn"))
    address = models.GenericIPAddressField(_("địa chỉ"), null=True, blank=True)
    received_at = models.DateTimeField(_("nhận lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("thông báo sai chữ ký")
        verbose_name_plural = _("các thông báo sai chữ ký")

    def __str__(self) -> str:
        return f"{self.provider} #{self.pk}"
