"""Opening an account for somebody who stands at the counter: they choose their password from a mail."""

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from accounts.users import mail
from accounts.users.errors import EmailTaken
from accounts.users.models import User
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit


@transaction.atomic
def invite_renter(*, full_name: str, phone: str, email: str, language: str = "vi", by: Actor) -> User:
    """Open an account without a password and mail the way to choose one.

    Raises:
        EmailTaken: there is an account with this address; look it up instead.
    """
    try:
        with transaction.atomic():
            user = User.objects.create_user(
                email, None, full_name=full_name, phone=phone, language=User.Language(language)
            )
    except IntegrityError:
        raise EmailTaken from None
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
    audit.record("user.invited", f"user:{user.public_id}", by=by)
    mail.post(_letter(user))
    return user


def _letter(user: User) -> EmailMessage:
    """Write the invitation in the renter's language; its link is one to choose a password."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    values = {"user": user, "url": settings.SITE_URL.rstrip("/") + path}
    with translation.override(user.language):
        subject = " ".join(render_to_string("account/email/invitation_subject.txt", values).split())
        body = render_to_string("account/email/invitation_message.txt", values)
    return EmailMessage(subject=subject, body=body, to=[user.email])
