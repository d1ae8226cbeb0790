"""The outbox table: work that a committed transaction has promised."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class OutboxMessage(models.Model):
    """One promised job. It is done when its handler has finished, not when a broker has taken it."""

    topic = models.CharField(_("việc"), max_length=60)
    payload = models.JSONField(_("dữ liệu"), default=dict)
    # One message per key for ever: the same promise made twice is one promise.
    key = models.CharField(_("khóa"), max_length=120, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    available_at = models.DateTimeField(_("chạy từ lúc"))
    attempts = models.PositiveSmallIntegerField(_("số lần thử"), default=0)
    done_at = models.DateTimeField(_("xong lúc"), null=True, blank=True)
    dead_at = models.DateTimeField(_("bỏ cuộc lúc"), null=True, blank=True)
    last_error = models.TextField(_("lỗi gần nhất"), blank=True)

    class Meta:
        verbose_name = _("việc chờ chạy")
        verbose_name_plural = _("các việc chờ chạy")
        # The sweeper's query: what is open and due.
        indexes: ClassVar = [
            models.Index(
                fields=["available_at"], name="outbox_open", condition=models.Q(done_at=None, dead_at=None)
            ),
            # The number of jobs that were given up, which stands on every page of the admin.
            models.Index(fields=["dead_at"], name="outbox_dead", condition=models.Q(dead_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.topic} #{self.pk}"
