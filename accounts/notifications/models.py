"""The delivery log."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Delivery(models.Model):
    """One message to one person: sent once, whatever asks for it again."""

    class Channel(models.TextChoices):
        EMAIL = "email", _("email")

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="deliveries",
        verbose_name=_("người nhận"),
    )
    kind = models.CharField(_("loại tin"), max_length=40)
    channel = models.CharField(_("kênh"), max_length=8, choices=Channel, default=Channel.EMAIL)
    # e.g. "booking_confirmed:VG-7K2M4Q": the same news is never sent twice.
    key = models.CharField(_("khóa"), max_length=120, unique=True)
    reference = models.CharField(_("liên quan"), max_length=64, blank=True)
    language = models.CharField(_("ngôn ngữ"), max_length=2)
    subject = models.CharField(_("tiêu đề"), max_length=200)
    body = models.TextField(_("nội dung"))
    body_html = models.TextField(_("nội dung HTML"), blank=True)
    attachments = models.JSONField(_("tệp đính kèm"), default=list, help_text=_("Tên trong kho riêng."))
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    sent_at = models.DateTimeField(_("gửi lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("tin đã gửi")
        verbose_name_plural = _("nhật ký gửi tin")
        indexes: ClassVar = [models.Index(fields=["recipient", "-created_at"], name="delivery_recipient")]

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient}"
