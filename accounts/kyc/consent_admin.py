"""What people have agreed to, for operators who must prove it: rows that nobody writes or removes by hand."""

from typing import ClassVar

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.kyc.models import Consent
from voltgo.core.backoffice.columns import link
from voltgo.core.backoffice.pages import RecordAdmin


@admin.register(Consent)
class ConsentAdmin(RecordAdmin):
    """Given and taken back by the person alone."""

    list_display = ("given_at", "person", "purpose", "version", "language", "withdrawn_at")
    list_select_related = ("user",)
    list_filter = ("purpose", "version", ("withdrawn_at", admin.EmptyFieldListFilter))
    search_fields = ("user__public_id", "user__email", "user__full_name")
    search_help_text = _("Tên, email hoặc mã người dùng")
    ordering = ("-given_at",)
    fields: ClassVar = (
        "person",
        "purpose",
        "version",
        "language",
        "text_sha256",
        "given_at",
        "ip_address",
        "device",
        "withdrawn_at",
    )
    readonly_fields = ("person",)
    kept_because = _("Sự đồng ý là bằng chứng: người đó rút lại trong mục Quyền riêng tư, dòng này ở lại.")
    person = link("user", _("người dùng"), order="user__full_name")
