"""What VoltGo changes in allauth's sign-up and sign-in."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sites.shortcuts import get_current_site
from django.core.mail import EmailMessage
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import get_language

from accounts.users import mail
from accounts.users.models import User
from accounts.users.tokens import revoke_tokens_of
from voltgo.core.actors import Actor, ActorKind


class AccountAdapter(DefaultAccountAdapter):
    """Keeps name, phone and language of the sign-up form, and sends its mail by a job."""

    def save_user(
        self,
        request: HttpRequest,
        user: AbstractBaseUser,
        form: Any,
        commit: bool = True,  # noqa: FBT001, FBT002 (allauth's signature)
    ) -> AbstractBaseUser:
        user = super().save_user(request, user, form, commit=False)
        assert isinstance(user, User)
        user.email = user.email.lower()
        user.full_name = form.cleaned_data.get("full_name", "")
        user.phone = form.cleaned_data.get("phone", "")
        user.language = User.Language.ENGLISH if get_language() == "en" else User.Language.VIETNAMESE
        if commit:
            user.save()
        return user

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """Without a quote to go back to, papers are what a new renter needs next."""
        return reverse("accounts:identity")

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **options: Any) -> HttpResponse:
        """Show the site in the person's language, unless this browser has chosen one itself."""
        response = super().post_login(request, user, **options)
        if isinstance(user, User) and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            remember_language(response, user.language)
        return response

    def set_password(self, user: AbstractBaseUser, password: str) -> None:
        """A new password signs out every phone that the old one has let in."""
        super().set_password(user, password)
        if isinstance(user, User) and user.pk:
            by = Actor(ActorKind.RENTER, user.public_id, user.full_name)
            revoke_tokens_of(user=user, by=by, reason="password changed")

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        request = self.request
        everything = {
            "request": request,
            "email": email,
            "current_site": get_current_site(request),
            **context,
        }
        message: EmailMessage = self.render_mail(template_prefix, email, everything)
        mail.post(message)


def remember_language(response: HttpResponse, language: str) -> None:
    """Set the cookie that decides the site's language in this browser."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        path=settings.LANGUAGE_COOKIE_PATH,
        secure=settings.IS_PRODUCTION,
        samesite="Lax",
    )
