"""The delivery log."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.notifications.enums import Channel, DeliveryState, MessageKind, Topic
from accounts.users.models import ApiToken
from voltgo.core import clock


class Delivery(models.Model):
    """One message to one person: sent once, whatever asks for it again."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="deliveries",
        verbose_name=_("người nhận"),
    )
    kind = models.CharField(_("loại tin"), max_length=40)
    channel = models.CharField(_("kênh"), max_length=8, choices=Channel, default=Channel.EMAIL)
    state = models.CharField(
        _("trạng thái"), max_length=10, choices=DeliveryState, default=DeliveryState.QUEUED
    )
    # e.g. "booking_confirmed:VG-7K2M4Q": the same news is never sent twice. Channels other than email
    # append their name.
    key = models.CharField(_("khóa"), max_length=120, unique=True)
    reference = models.CharField(_("liên quan"), max_length=64, blank=True)
    language = models.CharField(_("ngôn ngữ"), max_length=2)
    subject = models.CharField(_("tiêu đề"), max_length=200)
    body = models.TextField(_("nội dung"))
    body_html = models.TextField(_("nội dung HTML"), blank=True)
    attachments = models.JSONField(_("tệp đính kèm"), default=list, help_text=_("Tên trong kho riêng."))
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    # What a push opens and the list of messages leads to: a path of this site.
    link = models.CharField(_("đường dẫn"), max_length=200, blank=True)
    # Quiet hours put a message off until then.
    not_before = models.DateTimeField(_("không gửi trước"), null=True, blank=True)
    # From then on the message would only confuse: it is skipped.
    expires_at = models.DateTimeField(_("hết ý nghĩa lúc"), null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(_("số lần thử"), default=0)
    sent_at = models.DateTimeField(_("gửi lúc"), null=True, blank=True)
    read_at = models.DateTimeField(_("đọc lúc"), null=True, blank=True)
    # Why it was not sent, in a word; never an address or a text.
    failure = models.CharField(_("lý do chưa gửi"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("tin đã gửi")
        verbose_name_plural = _("nhật ký gửi tin")
        indexes: ClassVar = [
            models.Index(fields=["recipient", "-created_at"], name="delivery_recipient"),
            # The sweeper's query: what quiet hours have put off.
            models.Index(
                fields=["not_before"],
                name="delivery_put_off",
                condition=models.Q(state="queued", not_before__isnull=False),
            ),
            # The number in the header: what a person has not read. Every message has its row for email.
            models.Index(
                fields=["recipient"],
                name="delivery_unread",
                condition=models.Q(channel="email", read_at=None),
            ),
        ]

    def __str__(self) -> str:
        kind = MessageKind(self.kind).label if self.kind in MessageKind.values else self.kind
        return f"{kind} → {self.recipient}"


class NotificationPreference(models.Model):
    """Whether a person wants a topic on a channel; without a row, the topic's default counts."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="notification_preferences",
        verbose_name=_("người dùng"),
    )
    topic = models.CharField(_("chủ đề"), max_length=16, choices=Topic)
    channel = models.CharField(_("kênh"), max_length=8, choices=Channel)
    is_wanted = models.BooleanField(_("muốn nhận"))

    class Meta:
        verbose_name = _("lựa chọn nhận tin")
        verbose_name_plural = _("các lựa chọn nhận tin")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "topic", "channel"], name="notification_preference_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.topic}/{self.channel}"


class QuietHours(models.Model):
    """The hours in which a person is not to be disturbed by SMS or push, in Vietnam's time."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="quiet_hours",
        verbose_name=_("người dùng"),
    )
    # Minutes after midnight; the start may be after the end, over midnight.
    starts_minute = models.PositiveSmallIntegerField(_("từ (phút)"))
    ends_minute = models.PositiveSmallIntegerField(_("đến (phút)"))

    class Meta:
        verbose_name = _("giờ yên tĩnh")
        verbose_name_plural = _("giờ yên tĩnh")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(starts_minute__lt=1440, ends_minute__lt=1440),
                name="quiet_hours_within_a_day",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.starts_minute}–{self.ends_minute}"


class PushDevice(models.Model):
    """One device that a person lets us push messages to."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="push_devices",
        verbose_name=_("người dùng"),
    )
    token = models.CharField(_("mã thiết bị"), max_length=255, unique=True)
    platform = models.CharField(_("hệ điều hành"), max_length=16, blank=True)
    # The sign-in that added it: a device that has signed out shows nobody's messages.
    api_token = models.ForeignKey(
        ApiToken,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("mã truy cập thiết bị"),
    )
    created_at = models.DateTimeField(_("thêm lúc"), default=clock.now)
    revoked_at = models.DateTimeField(_("gỡ lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("thiết bị nhận thông báo")
        verbose_name_plural = _("các thiết bị nhận thông báo")

    def __str__(self) -> str:
        return f"{self.user}: {self.platform or '–'}"
