"""What stations refuse."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class PostEnded(DomainError):
    code = "post_ended"
    message = _("Vị trí này đã kết thúc.")
