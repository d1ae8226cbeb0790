"""Groups, for those who may hand out rights."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.access.roles import ROLES
from voltgo.core.backoffice.columns import column
from voltgo.core.backoffice.pages import OperatorAdmin

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(OperatorAdmin):
    list_display = ("name", "members", "kind")
    search_fields = ("name",)
    filter_horizontal = ("permissions",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        # The page prints the permissions of a group, each by its model's name.
        named = Group.objects.prefetch_related("permissions__content_type")
        return named.annotate(member_count=Count("user"))

    def get_readonly_fields(self, request: HttpRequest, obj: Group | None = None) -> tuple[Any, ...]:
        """The groups of the house follow accounts/access/roles.py; a change by hand would not last."""
        fixed = ("name", "permissions") if obj and obj.name in ROLES else ()
        return (*fixed, *super().get_readonly_fields(request, obj))

    @column(_("thành viên"), order="member_count")
    def members(self, group: Group) -> str:
        return str(getattr(group, "member_count", 0))

    @column(_("loại"))
    def kind(self, group: Group) -> Any:
        return _("có sẵn") if group.name in ROLES else _("tự tạo")
