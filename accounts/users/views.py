"""The profile page."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access.actors import renter_actor
from accounts.access.people import signed_in
from accounts.kyc.selectors import identity_summary
from accounts.users.adapter import remember_language
from accounts.users.forms import ProfileForm
from accounts.users.services import update_profile


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change name, phone and language; a new language shows at once, here and in later mail."""
    user = signed_in(request)
    form = ProfileForm(request.POST or None, user=user)
    if form.is_valid():
        update_profile(user=user, by=renter_actor(user), **form.cleaned_data)
        with translation.override(user.language):
            messages.success(request, _("Đã lưu hồ sơ."))
        response = redirect("accounts:profile")
        remember_language(response, user.language)
        return response
    context = {"form": form, "identity": identity_summary(user)}
    return render(request, "accounts/users/profile.html", context, status=422 if form.is_bound else 200)
