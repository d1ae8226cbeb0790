"""Filters of lists that ask as operators do."""

from datetime import timedelta
from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from voltgo.core import clock


class StretchFilter(DropdownFilter):
    """Which stretches of time touch now, today, the coming week, or are over."""

    title = _("thời gian")
    parameter_name = "when"
    starts = "starts_at"
    ends = "ends_at"

    @classmethod
    def over(cls, starts: str, ends: str) -> type["StretchFilter"]:
        """Return the filter over two columns, or over two ends of a range (`period__startswith`)."""
        return type("StretchFilter", (cls,), {"starts": starts, "ends": ends})

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [
            ("now", _("đang diễn ra")),
            ("today", _("hôm nay")),
            ("week", _("7 ngày tới")),
            ("past", _("đã qua")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        now = clock.now()
        today, tomorrow = clock.day_bounds(clock.today())
        stretches = {
            "now": (now, now),
            "today": (today, tomorrow),
            "week": (now, now + timedelta(days=7)),
        }
        chosen = self.value()
        if chosen == "past":
            return queryset.filter(**{f"{self.ends}__lte": now})
        if chosen not in stretches:
            return queryset
        first, last = stretches[chosen]
        return queryset.filter(Q(**{f"{self.ends}__gt": first}) & Q(**{f"{self.starts}__lte": last}))
