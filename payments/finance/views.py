"""The finance page of the admin."""

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from payments.finance.dashboard import PERMISSION, finance_page


@require_safe
def finance(request: HttpRequest) -> HttpResponse:
    """Show money at a glance to those who may see the ledger."""
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
    context = {**admin.site.each_context(request), "title": _("Tài chính"), "page": finance_page()}
    return TemplateResponse(request, "admin/finance/dashboard.html", context)
