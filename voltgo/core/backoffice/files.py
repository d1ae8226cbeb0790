"""Private files on pages for operators: served only to those who may look at the row."""

from typing import Any, ClassVar

from django.http import FileResponse, Http404, HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _

from voltgo.core.backoffice.columns import NOTHING
from voltgo.core.backoffice.pages import RecordAdmin

# What we store ourselves; anything else is handed over as bytes to save, never shown.
TYPES = {"jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png"}


class PictureAdmin(RecordAdmin):
    """Records with one private picture in `file_field`, served next to the row's page."""

    file_field: ClassVar[str] = "file"

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.model._meta.app_label}_{self.model._meta.model_name}_file"
        page = path("<path:object_id>/file/", self.admin_site.admin_view(self.file_view), name=name)
        return [page, *super().get_urls()]

    def file_view(self, request: HttpRequest, object_id: str) -> FileResponse:
        row = self.get_object(request, object_id)
        if row is None or not self.has_view_permission(request, row) or not getattr(row, self.file_field):
            raise Http404
        file = getattr(row, self.file_field)
        kind = TYPES.get(file.name.rpartition(".")[2].lower(), "application/octet-stream")
        try:
            content = file.open("rb")
        except FileNotFoundError as gone:
            raise Http404 from gone
        headers = {"Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff"}
        return FileResponse(content, content_type=kind, headers=headers)


def picture(row: Any, field: str = "file", *, words: str = "") -> str:
    """Return a row's private picture as a small image linked to the whole one."""
    if not getattr(row, field):
        return NOTHING
    meta = row._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_file", args=[row.pk])
    return format_html(
        '<a href="{}"><img class="vg-photo" src="{}" alt="{}" loading="lazy"></a>',
        url,
        url,
        words or _("Mở ảnh"),
    )
