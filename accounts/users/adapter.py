"""What VoltGo changes in allauth's sign-up and sign-in."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.utils.translation import get_language

from accounts.users.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Keeps name, phone and language of the sign-up form, and rejects sign-ins of deactivated users."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001, FBT002 (allauth's signature)
        user = super().save_user(request, user, form, commit=False)
        user.email = user.email.lower()
        user.full_name = form.cleaned_data.get("full_name", "")
        user.phone = form.cleaned_data.get("phone", "")
        user.language = "en" if get_language() == "en" else "vi"
        if commit:
            user.save()
        return user
