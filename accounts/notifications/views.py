"""What a person was told, to read again."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access.people import signed_in
from accounts.notifications.selectors import messages_of

PAGE_SIZE = 20


@login_required
@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """List one's own messages, newest first. Two queries."""
    page = Paginator(messages_of(signed_in(request)), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "accounts/notifications/list.html", {"page": page})
