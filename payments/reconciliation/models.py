"""Files of providers and banks as they came, and what each line means against our books."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from payments.reconciliation.enums import LINE_KINDS, ItemStatus, LineState, Source, Wish
from voltgo.core.money import DongField


class StatementFile(models.Model):
    """One file of one provider for one day; the same bytes are taken in once."""

    source = models.CharField(_("nguồn"), max_length=10, choices=Source)
    day = models.DateField(_("ngày"))
    name = models.CharField(_("tên tệp"), max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    content = models.FileField(_("tệp"), upload_to="settlements/%Y/%m/")
    received_at = models.DateTimeField(_("nhận lúc"), db_default=Now())
    received_by = models.CharField(_("người nhận"), max_length=200, blank=True)
    # Who brought it, so that somebody else confirms it and decides about large sums in it; "" for the inbox.
    received_ref = models.CharField(_("mã người nhận"), max_length=64, blank=True, default="", db_default="")
    line_count = models.PositiveIntegerField(_("số dòng"), default=0)
    gross_amount = DongField(_("tổng trước phí"))
    fee_amount = DongField(_("phí"))

    class Meta:
        verbose_name = _("tệp đối soát")
        verbose_name_plural = _("các tệp đối soát")
        constraints: ClassVar = [
            models.UniqueConstraint(name="statement_file_once", fields=["source", "sha256"]),
        ]
        indexes: ClassVar = [models.Index(fields=["source", "day"], name="statement_file_day")]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.day:%d/%m/%Y} {self.name}"


class StatementConfirmation(models.Model):
    """That a second person, or the inbox, says a statement which somebody brought by hand to be the bank's own."""

    file = models.OneToOneField(
        StatementFile, models.PROTECT, related_name="confirmation", verbose_name=_("sao kê")
    )
    # "" when the inbox brought the same bytes.
    by_ref = models.CharField(_("mã người xác nhận"), max_length=64, blank=True)
    by_label = models.CharField(_("người xác nhận"), max_length=200)
    at = models.DateTimeField(_("lúc"), db_default=Now())

    class Meta:
        verbose_name = _("xác nhận sao kê")
        verbose_name_plural = _("các xác nhận sao kê")

    def __str__(self) -> str:
        return f"{self.file}"


class StatementLine(models.Model):
    """One line of a settlement file; `amount` is signed, what came to us is positive."""

    file = models.ForeignKey(StatementFile, models.PROTECT, related_name="lines", verbose_name=_("tệp"))
    position = models.PositiveIntegerField(_("dòng"))
    source = models.CharField(_("nguồn"), max_length=10, choices=Source)
    kind = models.CharField(
        _("loại"), max_length=12, choices=[(kind.value, name) for kind, name in LINE_KINDS.items()]
    )
    provider_ref = models.CharField(_("mã giao dịch của cổng"), max_length=64, blank=True)
    merchant_ref = models.CharField(_("mã gửi cổng"), max_length=100, blank=True)
    # Of equal lines without a number of their own: the how manieth.
    occurrence = models.PositiveSmallIntegerField(_("lần thứ"), default=1)
    amount = DongField(_("số tiền"))
    fee = DongField(_("phí"))
    occurred_at = models.DateTimeField(_("lúc"))
    raw = models.TextField(_("nguyên văn"), blank=True)

    class Meta:
        verbose_name = _("dòng đối soát")
        verbose_name_plural = _("các dòng đối soát")
        constraints: ClassVar = [
            models.UniqueConstraint(name="statement_line_position", fields=["file", "position"]),
        ]
        indexes: ClassVar = [
            models.Index(fields=["source", "provider_ref"], name="statement_line_ref"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.provider_ref or self.merchant_ref}"


class BankLine(models.Model):
    """One line of a statement of our account at the bank; money in is positive."""

    account = models.CharField(_("tài khoản"), max_length=40)
    # The bank's own number, or a fingerprint and the how manieth equal line of its day.
    line_ref = models.CharField(_("mã dòng"), max_length=120)
    # As the bank and a provider of transfers both name it; "" where the statement has no numbers.
    bank_ref = models.CharField(_("mã giao dịch"), max_length=64, blank=True, default="", db_default="")
    file = models.ForeignKey(StatementFile, models.PROTECT, related_name="bank_lines", verbose_name=_("tệp"))
    position = models.PositiveIntegerField(_("dòng"))
    booked_at = models.DateTimeField(_("ghi sổ lúc"))
    amount = DongField(_("số tiền"))
    memo = models.CharField(_("nội dung"), max_length=300, blank=True)
    party_bank = models.CharField(_("ngân hàng đối ứng"), max_length=80, blank=True)
    party_number = models.CharField(_("số tài khoản đối ứng"), max_length=40, blank=True)
    party_name = models.CharField(_("tên đối ứng"), max_length=120, blank=True)
    state = models.CharField(_("trạng thái"), max_length=10, choices=LineState, default=LineState.NEW)
    # What it was booked as: `payment:…`, `refund:…`, `payout:…`, `drop:…`.
    booked_as = models.CharField(_("ghi là"), max_length=120, blank=True)
    note = models.CharField(_("ghi chú"), max_length=300, blank=True)
    # What somebody wants done with it; above the limit it waits for a second person.
    wish = models.CharField(_("đề nghị"), max_length=10, choices=Wish, blank=True)
    wish_target = models.CharField(_("đề nghị ghi cho"), max_length=120, blank=True)
    wish_reason = models.CharField(_("lý do"), max_length=300, blank=True)
    wished_by_ref = models.CharField(_("mã người đề nghị"), max_length=64, blank=True)
    wished_by_label = models.CharField(_("người đề nghị"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("dòng sao kê")
        verbose_name_plural = _("các dòng sao kê")
        constraints: ClassVar = [
            models.UniqueConstraint(name="bank_line_once", fields=["account", "line_ref"]),
            models.CheckConstraint(name="bank_line_not_zero", condition=~models.Q(amount=0)),
        ]
        indexes: ClassVar = [models.Index(fields=["state", "booked_at"], name="bank_line_state")]

    def __str__(self) -> str:
        return f"{self.line_ref} {self.amount:+d}"


class FeeRule(models.Model):
    """What a provider may keep of each payment from a day on, by its contract."""

    source = models.CharField(_("nguồn"), max_length=10, choices=Source)
    valid_from = models.DateField(_("áp dụng từ"))
    basis_points = models.PositiveIntegerField(_("phần vạn"))
    fixed_amount = DongField(_("cố định mỗi giao dịch"))

    class Meta:
        verbose_name = _("biểu phí cổng thanh toán")
        verbose_name_plural = _("các biểu phí cổng thanh toán")
        constraints: ClassVar = [
            models.UniqueConstraint(name="fee_rule_one_a_day", fields=["source", "valid_from"]),
            models.CheckConstraint(
                name="fee_rule_within_reason",
                condition=models.Q(basis_points__lte=2_000, fixed_amount__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.valid_from}"


class ProviderPayout(models.Model):
    """What a provider paid out for its files of one or more days, and the line of our bank that shows it."""

    source = models.CharField(_("nguồn"), max_length=10, choices=Source)
    first_day = models.DateField(_("từ ngày"))
    last_day = models.DateField(_("đến ngày"))
    gross_amount = DongField(_("trước phí"))
    fee_amount = DongField(_("phí"))
    bank_line = models.OneToOneField(
        BankLine, models.PROTECT, related_name="payout", verbose_name=_("dòng sao kê")
    )
    posted_at = models.DateTimeField(_("ghi lúc"), db_default=Now())

    class Meta:
        verbose_name = _("lần cổng thanh toán chuyển tiền")
        verbose_name_plural = _("các lần cổng thanh toán chuyển tiền")
        constraints: ClassVar = [
            models.UniqueConstraint(name="provider_payout_first_day_once", fields=["source", "first_day"]),
            models.UniqueConstraint(name="provider_payout_last_day_once", fields=["source", "last_day"]),
            models.CheckConstraint(
                name="provider_payout_days_in_order",
                condition=models.Q(last_day__gte=models.F("first_day")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.first_day}–{self.last_day}"

    @property
    def net_amount(self) -> int:
        return self.gross_amount - self.fee_amount


class ReconciliationRun(models.Model):
    """One comparison of one source's day with our books. A run never changes; a newer one supersedes it."""

    source = models.CharField(_("nguồn"), max_length=10, choices=Source)
    day = models.DateField(_("ngày"))
    number = models.PositiveSmallIntegerField(_("lần"))
    started_at = models.DateTimeField(_("chạy lúc"), db_default=Now())
    is_current = models.BooleanField(_("mới nhất"), default=True)
    # Nothing was compared, because no file came.
    file_missing = models.BooleanField(_("thiếu tệp"), default=False)
    external_amount = DongField(_("tổng của họ"))
    internal_amount = DongField(_("tổng của ta"))
    explained_amount = DongField(_("chênh lệch có lời giải"))
    counts = models.JSONField(_("số dòng theo tình trạng"), default=dict)
    # Over the items without their row numbers: equal input gives an equal run.
    fingerprint = models.CharField(_("dấu vân tay"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("lần đối soát")
        verbose_name_plural = _("các lần đối soát")
        constraints: ClassVar = [
            models.UniqueConstraint(name="reconciliation_run_numbered", fields=["source", "day", "number"]),
            models.UniqueConstraint(
                name="reconciliation_run_one_current",
                fields=["source", "day"],
                condition=models.Q(is_current=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.day:%d/%m/%Y} #{self.number}"

    @property
    def unexplained_amount(self) -> int:
        """What is left when every named difference is taken away: zero, or the run is wrong."""
        return self.external_amount - self.internal_amount - self.explained_amount


class ReconciliationItem(models.Model):
    """One payment, refund, fee or batch in one run, and how the two sides stand."""

    run = models.ForeignKey(
        ReconciliationRun, models.PROTECT, related_name="items", verbose_name=_("lần đối soát")
    )
    # Stable over runs, so that a resolution stays with the difference it explains.
    key = models.CharField(_("khóa"), max_length=160)
    status = models.CharField(_("tình trạng"), max_length=20, choices=ItemStatus)
    line = models.ForeignKey(
        StatementLine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="items",
        verbose_name=_("dòng của họ"),
    )
    # Our side: `payment:<id>`, `refund:<id>`, `hold:<id>`.
    subject = models.CharField(_("bên ta"), max_length=80, blank=True)
    reference = models.CharField(_("tham chiếu"), max_length=80, blank=True)
    external_amount = DongField(_("của họ"))
    internal_amount = DongField(_("của ta"))
    suggestion = models.CharField(_("gợi ý"), max_length=200, blank=True)
    occurred_on = models.DateField(_("ngày"))

    class Meta:
        verbose_name = _("mục đối soát")
        verbose_name_plural = _("các mục đối soát")
        constraints: ClassVar = [
            models.UniqueConstraint(name="reconciliation_item_once", fields=["run", "key"]),
        ]
        indexes: ClassVar = [models.Index(fields=["status", "occurred_on"], name="reconciliation_item_age")]

    def __str__(self) -> str:
        return f"{self.get_status_display()} · {self.key}"

    @property
    def difference(self) -> int:
        return self.external_amount - self.internal_amount


class ReconciliationResolution(models.Model):
    """What a person decided about a difference; it outlives the runs that show it."""

    source = models.CharField(_("nguồn"), max_length=10, choices=Source)
    key = models.CharField(_("khóa"), max_length=160)
    status = models.CharField(_("tình trạng khi xử lý"), max_length=20, choices=ItemStatus)
    difference = DongField(_("chênh lệch"))
    action = models.CharField(_("cách xử lý"), max_length=40)
    reason = models.CharField(_("lý do"), max_length=500)
    by_ref = models.CharField(_("mã người xử lý"), max_length=64)
    by_label = models.CharField(_("người xử lý"), max_length=200)
    at = models.DateTimeField(_("lúc"), db_default=Now())

    class Meta:
        verbose_name = _("cách xử lý chênh lệch")
        verbose_name_plural = _("các cách xử lý chênh lệch")
        constraints: ClassVar = [
            # Another difference under the same key is another question.
            models.UniqueConstraint(
                name="reconciliation_resolution_once", fields=["source", "key", "status", "difference"]
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.key}"
