"""The fine and its evidence."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from rentals.fines.enums import UNDECIDED_STATES, Ending, FineState
from rentals.handovers.models import Rental
from stations.fleet.models import Vehicle
from voltgo.core import clock
from voltgo.core.codes import new_code
from voltgo.core.money import DongField


def new_fine_code() -> str:
    return new_code("PN")


def evidence_path(_evidence: models.Model, _name: str) -> str:
    """Return where a picture is kept; the name tells nothing."""
    return f"fines/{clock.today():%Y/%m}/{new_code('A', 16)}.jpg"


class TrafficFine(models.Model):
    """One fine for one vehicle at one moment, as an authority has written it."""

    code = models.CharField(_("mã"), max_length=12, unique=True, default=new_fine_code, editable=False)
    authority = models.CharField(_("cơ quan xử phạt"), max_length=160)
    # Of the notice or decision; one authority gives a number once.
    number = models.CharField(_("số thông báo"), max_length=60)
    plate = models.CharField(_("biển số"), max_length=16)
    violated_at = models.DateTimeField(_("vi phạm lúc"))
    place = models.CharField(_("nơi vi phạm"), max_length=200)
    offence = models.CharField(_("lỗi vi phạm"), max_length=300)
    amount = DongField(_("mức phạt"))
    pay_by = models.DateField(_("hạn nộp phạt"), null=True, blank=True)
    received_at = models.DateTimeField(_("nhận lúc"), default=clock.now)
    state = models.CharField(_("trạng thái"), max_length=12, choices=FineState, default=FineState.RECEIVED)
    ending = models.CharField(_("kết thúc"), max_length=14, choices=Ending, blank=True)
    vehicle = models.ForeignKey(
        Vehicle, models.PROTECT, null=True, blank=True, related_name="fines", verbose_name=_("xe")
    )
    rental = models.ForeignKey(
        Rental, models.PROTECT, null=True, blank=True, related_name="fines", verbose_name=_("chuyến thuê")
    )
    # Who answers for it: the renter, whoever drove.
    payer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="fines",
        verbose_name=_("người thuê"),
    )
    notified_at = models.DateTimeField(_("báo lúc"), null=True, blank=True)
    answer_until = models.DateTimeField(_("trả lời trước"), null=True, blank=True)
    objection = models.CharField(_("khiếu nại"), max_length=1000, blank=True)
    answer = models.CharField(_("trả lời của VoltGo"), max_length=500, blank=True)
    from_deposit_amount = DongField(_("trừ vào tiền cọc giữ lại"))
    debt_amount = DongField(_("yêu cầu trả thêm"))
    # The State's receipt, or what the authority answered.
    settled_ref = models.CharField(_("số biên lai nộp phạt"), max_length=80, blank=True)
    closed_at = models.DateTimeField(_("xong lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("phạt nguội")
        verbose_name_plural = _("phạt nguội")
        constraints: ClassVar = [
            models.UniqueConstraint(name="traffic_fine_once", fields=["authority", "number"]),
            models.CheckConstraint(name="traffic_fine_amount_positive", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="traffic_fine_charged_within_amount",
                condition=Q(from_deposit_amount__gte=0, debt_amount__gte=0)
                & Q(amount__gte=models.F("from_deposit_amount") + models.F("debt_amount")),
            ),
            models.CheckConstraint(
                name="traffic_fine_told_only_to_somebody",
                condition=Q(state__in=[FineState.RECEIVED, FineState.CLOSED])
                | Q(rental__isnull=False, payer__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            # The job that ends the time to answer, and the question whether a deposit must wait.
            models.Index(
                fields=["answer_until"], name="traffic_fine_answer", condition=Q(state=FineState.NOTIFIED)
            ),
            models.Index(
                fields=["rental"], name="traffic_fine_undecided", condition=Q(state__in=UNDECIDED_STATES)
            ),
            models.Index(fields=["payer", "-violated_at"], name="traffic_fine_payer"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def reference(self) -> str:
        """What payments and the audit trail call it."""
        return f"fine:{self.code}"


class FineEvidence(models.Model):
    """One picture of a fine: the camera's, or the notice itself."""

    fine = models.ForeignKey(
        TrafficFine, models.PROTECT, related_name="evidence", verbose_name=_("phạt nguội")
    )
    file = models.ImageField(_("ảnh"), upload_to=evidence_path)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    added_at = models.DateTimeField(_("thêm lúc"), default=clock.now)

    class Meta:
        verbose_name = _("bằng chứng")
        verbose_name_plural = _("bằng chứng")
        constraints: ClassVar = [
            models.UniqueConstraint(name="fine_evidence_once", fields=["fine", "sha256"]),
        ]

    def __str__(self) -> str:
        return f"{self.fine_id} #{self.pk}"
