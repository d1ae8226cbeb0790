"""Refusals of the ledger."""

from django.utils.translation import gettext_lazy as _

from voltgo.core.errors import DomainError


class EntryRefused(DomainError):
    """The lines do not make an entry: fewer than two, a zero amount, or out of balance."""

    code = "ledger_entry_refused"
    status = 422
    message = _("Bút toán không cân bằng.")


class EntryConflict(DomainError):
    """The key was used before for other lines."""

    code = "ledger_entry_conflict"
    message = _("Khóa chống lặp này đã dùng cho một bút toán khác.")


class AccountOverdrawn(DomainError):
    """A guarded account would fall below its limit."""

    code = "ledger_account_overdrawn"
    message = _("Số dư không đủ cho việc này.")
