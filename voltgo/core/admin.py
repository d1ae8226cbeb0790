"""The kernel's records in the admin: audit events, state events and the outbox, all to look at only."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from voltgo.core import outbox
from voltgo.core.audit import services as audit
from voltgo.core.audit.admin import LogAdmin, admin_actor
from voltgo.core.models import AuditEvent, OutboxMessage, StateEvent


@admin.register(AuditEvent)
class AuditEventAdmin(LogAdmin):
    list_display = ("at", "action", "subject", "actor_label", "actor_kind", "reason")
    list_filter = ("actor_kind", "action")
    search_fields = ("subject", "actor_ref", "actor_label", "request_id")
    ordering = ("-pk",)
    show_full_result_count = False


@admin.register(StateEvent)
class StateEventAdmin(LogAdmin):
    list_display = ("at", "machine", "subject", "source", "target", "actor_label", "actor_kind", "reason")
    list_filter = ("machine", "actor_kind")
    search_fields = ("=subject", "actor_ref", "actor_label")
    ordering = ("-pk",)
    show_full_result_count = False


@admin.register(OutboxMessage)
class OutboxMessageAdmin(LogAdmin):
    list_display = ("created_at", "topic", "attempts", "available_at", "done_at", "dead_at", "last_error")
    list_filter = (
        "topic",
        ("dead_at", admin.EmptyFieldListFilter),
        ("done_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("key",)
    ordering = ("-pk",)
    actions = ("revive",)
    show_full_result_count = False

    @admin.action(description=_("Thử lại việc đã bỏ cuộc"), permissions=["view"])
    def revive(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        def revive_one(message: OutboxMessage) -> None:
            outbox.revive(message)
            audit.record("outbox.revived", f"outbox:{message.pk}", by=admin_actor(request))

        self.apply_to_each(request, queryset.filter(dead_at__isnull=False), revive_one)
