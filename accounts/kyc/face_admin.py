"""Faces that a service keeps for us, for operators: that there is one, since when, never what it looks like."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.kyc.models import FaceReference
from voltgo.core.backoffice.columns import link
from voltgo.core.backoffice.pages import RecordAdmin


@admin.register(FaceReference)
class FaceReferenceAdmin(RecordAdmin):
    """Erased with the agreement to it, and with the photographs; nobody erases one here by hand."""

    list_display = ("created_at", "person", "engine")
    list_select_related = ("user",)
    list_filter = ("engine",)
    search_fields = ("user__public_id", "user__email", "user__full_name")
    search_help_text = _("Tên, email hoặc mã người dùng")
    ordering = ("-created_at",)
    fields: ClassVar = ("person", "engine", "reference", "created_at")
    readonly_fields = ("person",)
    kept_because = _("Khuôn mặt được xóa ở dịch vụ trước, rồi mới xóa ở đây, khi người đó rút lại đồng ý.")
    person = link("user", _("người dùng"), order="user__full_name")
