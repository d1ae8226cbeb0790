"""Who is at the other end of a request."""

from django.http import HttpRequest

from accounts.users.models import User


def signed_in(request: HttpRequest) -> User:
    """Return the user of a view behind `login_required`, typed as our own."""
    assert isinstance(request.user, User)
    return request.user


def may_review_papers(user: User) -> bool:
    """Whether a person of the office may look at papers and decide about them."""
    return user.is_active and user.is_staff and user.has_perm("accounts.review_identitydocument")
