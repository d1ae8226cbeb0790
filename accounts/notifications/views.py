"""What a person was told, to read again, and how they want to be told."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.people import signed_in
from accounts.notifications import services
from accounts.notifications.forms import ChoicesForm
from accounts.notifications.selectors import messages_of, other_ways, words_of
from voltgo.core.throttled import throttled

PAGE_SIZE = 20


@login_required
@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """List one's own messages, newest first. Two queries."""
    page = Paginator(messages_of(signed_in(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "accounts/notifications/list.html", {"page": page})


@login_required
@require_safe
def message_detail(request: HttpRequest, message_id: int) -> HttpResponse:
    """Show one of one's own messages; it counts as read from then on."""
    message = get_object_or_404(messages_of(signed_in(request)).select_related("recipient"), pk=message_id)
    services.mark_read(message=message)
    context = {"message": message, "text": words_of(message), "ways": [message, *other_ways(message)]}
    return render(request, "accounts/notifications/detail.html", context)


@login_required
@require_POST
def messages_read(request: HttpRequest) -> HttpResponse:
    """Count everything as read."""
    services.mark_all_read(user=signed_in(request))
    return redirect("accounts:message-list")


@login_required
@require_http_methods(["GET", "POST"])
@throttled("quote")
def notification_settings(request: HttpRequest) -> HttpResponse:
    """Show and change which topics come by which channel, and the quiet hours."""
    user = signed_in(request)
    form = ChoicesForm(request.POST or None, user=user)
    if form.is_valid():
        services.save_choices(user=user, wanted=form.wanted, quiet=form.quiet)
        messages.success(request, _("Đã lưu cách nhận tin."))
        return redirect("accounts:notification-settings")
    status = 422 if form.is_bound else 200
    return render(request, "accounts/notifications/settings.html", {"form": form}, status=status)
