"""Accounts, entries and lines. Triggers keep them append-only, balanced and within their limits."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from payments.ledger.enums import DEBIT_KINDS, AccountKind, EntryKind
from payments.ledger.fields import TransactionIdField
from voltgo.core.actors import ActorKind
from voltgo.core.money import DongField


class LedgerAccount(models.Model):
    """One account of the ledger, named by its code, such as `deposit_liability:booking:VG-7K2M4Q`."""

    code = models.CharField(_("mã tài khoản"), max_length=120, unique=True)
    kind = models.CharField(_("loại"), max_length=12, choices=AccountKind)
    owner_ref = models.CharField(_("thuộc về"), max_length=80, blank=True)
    # Only guarded accounts keep a running balance: a hot account would make its writers queue.
    tracked = models.BooleanField(_("giữ số dư"), default=False)
    # In the account's natural direction: what a liability owes and what an asset holds is positive.
    balance = DongField(_("số dư"))
    min_balance = DongField(_("số dư tối thiểu"))
    created_at = models.DateTimeField(_("tạo lúc"), db_default=Now())

    class Meta:
        verbose_name = _("tài khoản sổ cái")
        verbose_name_plural = _("các tài khoản sổ cái")
        constraints: ClassVar = [
            models.CheckConstraint(
                name="ledger_account_guarded",
                condition=models.Q(tracked=False) | models.Q(balance__gte=models.F("min_balance")),
            ),
            models.CheckConstraint(
                name="ledger_account_untracked_has_no_balance",
                condition=models.Q(tracked=True) | models.Q(balance=0),
            ),
        ]
        # "All accounts of this booking."
        indexes: ClassVar = [models.Index(fields=["owner_ref"], name="ledger_account_owner")]

    def __str__(self) -> str:
        return self.code

    @property
    def sign(self) -> int:
        """+1 where debits make the balance grow, else -1."""
        return 1 if self.kind in DEBIT_KINDS else -1


class LedgerEntry(models.Model):
    """One money event: two or more lines that add up to zero."""

    kind = models.CharField(_("loại"), max_length=20, choices=EntryKind)
    idempotency_key = models.CharField(_("khóa chống lặp"), max_length=160, unique=True)
    reference = models.CharField(_("tham chiếu"), max_length=80, blank=True)
    reverses = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reversed_by",
        verbose_name=_("đảo bút toán"),
    )
    occurred_at = models.DateTimeField(_("xảy ra lúc"))
    posted_at = models.DateTimeField(_("ghi lúc"), db_default=Now())
    # A line may join its entry only in the transaction that wrote the entry.
    txid = TransactionIdField(
        editable=False,
        db_default=models.Func(function="pg_current_xact_id", output_field=TransactionIdField()),
    )
    actor_kind = models.CharField(_("vai trò"), max_length=16, choices=ActorKind)
    actor_ref = models.CharField(_("mã người thực hiện"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("bút toán")
        verbose_name_plural = _("các bút toán")
        # "Every money event of this booking, in order."
        indexes: ClassVar = [
            models.Index(fields=["reference", "id"], name="ledger_entry_reference"),
            # Revenue of the last days.
            models.Index(fields=["occurred_at"], name="ledger_entry_occurred"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk}"


class LedgerLine(models.Model):
    """One side of an entry; a positive amount is a debit, a negative one a credit."""

    entry = models.ForeignKey(LedgerEntry, models.PROTECT, related_name="lines", verbose_name=_("bút toán"))
    account = models.ForeignKey(
        LedgerAccount, models.PROTECT, related_name="lines", verbose_name=_("tài khoản")
    )
    amount = models.BigIntegerField(_("số tiền (nợ dương)"))

    class Meta:
        verbose_name = _("dòng bút toán")
        verbose_name_plural = _("các dòng bút toán")
        constraints: ClassVar = [
            models.CheckConstraint(name="ledger_line_not_zero", condition=~models.Q(amount=0)),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.amount:+d}"
