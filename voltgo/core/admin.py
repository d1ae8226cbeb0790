"""The kernel's records in the admin: audit events, state events and the outbox, all to look at only."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from voltgo.core import outbox
from voltgo.core.audit import services as audit
from voltgo.core.audit.admin import LogAdmin, admin_actor
from voltgo.core.audit.words import name_of_action
from voltgo.core.models import AuditEvent, OutboxMessage, StateEvent


class ActionFilter(admin.SimpleListFilter):
    """Events by action, called by their names."""

    title = _("hành động")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        used = AuditEvent.objects.order_by("action").values_list("action", flat=True).distinct()
        return sorted(((action, name_of_action(action)) for action in used), key=lambda each: each[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(action=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(LogAdmin):
    list_display = ("at", "what", "subject", "actor_label", "actor_kind", "reason")
    list_filter = ("actor_kind", ActionFilter)
    search_fields = ("subject", "actor_ref", "actor_label", "request_id")
    ordering = ("-pk",)
    show_full_result_count = False

    @admin.display(description=_("hành động"), ordering="action")
    def what(self, event: AuditEvent) -> str:
        return name_of_action(event.action)


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
