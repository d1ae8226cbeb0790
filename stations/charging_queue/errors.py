"""What the charging queue refuses."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class AlreadyPlugged(DomainError):
    code = "already_plugged"
    message = _("Xe này đang cắm sạc rồi.")


class NotPlugged(DomainError):
    code = "not_plugged"
    message = _("Xe này không cắm sạc.")
