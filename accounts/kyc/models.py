"""Identity documents and their images."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.kyc.enums import (
    WAITING,
    ConsentPurpose,
    DocumentKind,
    DocumentState,
    Finding,
    ImageSide,
    LicenceClass,
    RejectionCode,
    ReviewOutcome,
)
from accounts.kyc.paths import document_image_path
from voltgo.core import crypto
from voltgo.core.sealed_files import sealed_storage


class IdentityDocument(models.Model):
    """One version of one paper of one person: what was uploaded, what was read from it, what was decided."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="documents",
        verbose_name=_("người dùng"),
    )
    kind = models.CharField(_("loại giấy tờ"), max_length=20, choices=DocumentKind)
    state = models.CharField(
        _("trạng thái"), max_length=16, choices=DocumentState, default=DocumentState.UPLOADED
    )
    uploaded_at = models.DateTimeField(_("tải lên lúc"), auto_now_add=True)
    consent_version = models.CharField(_("phiên bản đồng ý"), max_length=20)

    # What the reviewer read. The number is kept encrypted, is found by its keyed hash and shown by its tail.
    number_encrypted = models.TextField(_("số (mã hóa)"), blank=True, editable=False)
    number_hash = models.CharField(_("băm của số"), max_length=64, blank=True, editable=False)
    number_tail = models.CharField(_("3 số cuối"), max_length=3, blank=True, editable=False)
    full_name = models.CharField(_("họ và tên"), max_length=120, blank=True)
    born_on = models.DateField(_("ngày sinh"), null=True, blank=True)
    # One card may carry several classes; the paper's expiry is taken for all of them.
    licence_classes = ArrayField(
        models.CharField(max_length=8, choices=LicenceClass),
        verbose_name=_("hạng giấy phép"),
        default=list,
        blank=True,
    )
    issued_on = models.DateField(_("ngày cấp"), null=True, blank=True)
    expires_on = models.DateField(
        _("có giá trị đến"), null=True, blank=True, help_text=_("Để trống nếu không thời hạn.")
    )

    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("người duyệt"),
    )
    reviewed_at = models.DateTimeField(_("duyệt lúc"), null=True, blank=True)
    rejection_code = models.CharField(_("mã từ chối"), max_length=20, choices=RejectionCode, blank=True)
    rejection_note = models.CharField(_("ghi chú từ chối"), max_length=300, blank=True)
    # Which photographs to take again and why: {side: rejection code}.
    bad_sides = models.JSONField(_("ảnh cần chụp lại"), default=dict, blank=True)
    # Where it was issued, as ICAO writes it (VNM, DEU); empty for Vietnamese papers.
    country = models.CharField(_("nước cấp"), max_length=3, blank=True)
    # Decided by the machine, without a person.
    is_automatic = models.BooleanField(_("duyệt tự động"), default=False)
    # What the last cross-check had to say; empty when nothing was wrong.
    findings = ArrayField(
        models.CharField(max_length=24, choices=Finding),
        verbose_name=_("phát hiện"),
        default=list,
        blank=True,
    )

    class Meta:
        verbose_name = _("giấy tờ")
        verbose_name_plural = _("giấy tờ")
        permissions: ClassVar = [("review_identitydocument", _("Xem ảnh và duyệt giấy tờ"))]
        constraints: ClassVar = [
            # A number belongs to one active person (domain rule "unique among active users").
            models.UniqueConstraint(
                fields=["kind", "number_hash"],
                condition=Q(state="approved") & ~Q(number_hash=""),
                name="document_number_once",
            ),
            # One valid version per person and kind; a new one supersedes the old.
            models.UniqueConstraint(
                fields=["user", "kind"], condition=Q(state="approved"), name="document_one_approved"
            ),
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(state__in=["uploaded", "processing", "auto_passed", "needs_review"]),
                name="document_one_waiting",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(rejection_code=""), name="document_rejection_has_code"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | Q(kind="selfie")
                | (~Q(number_hash="") & ~Q(full_name="") & Q(born_on__isnull=False)),
                name="document_approved_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | ~Q(kind__in=["driving_licence", "foreign_licence", "driving_permit"])
                | Q(licence_classes__len__gt=0, issued_on__isnull=False),
                name="document_approved_licence_has_class",
            ),
        ]
        indexes: ClassVar = [
            # The review queue, oldest first.
            models.Index(fields=["uploaded_at"], name="document_queue", condition=Q(state="needs_review")),
            # "Has anybody else, in whatever state, this number?"
            models.Index(
                fields=["kind", "number_hash"], name="document_number", condition=~Q(number_hash="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} – {self.user}"

    @property
    def number(self) -> str:
        """The number in the clear. Whoever reads it records why."""
        return crypto.decrypt(self.number_encrypted) if self.number_encrypted else ""

    @property
    def masked_number(self) -> str:
        return f"•••••••••{self.number_tail}" if self.number_tail else ""

    @property
    def licence_classes_label(self) -> str:
        """The classes as people read them: "A1, B"."""
        return ", ".join(str(LicenceClass(name).label) for name in self.licence_classes)

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING


class DocumentImage(models.Model):
    """One photograph of one side of a document, re-encoded, without metadata, in private storage."""

    document = models.ForeignKey(
        IdentityDocument, on_delete=models.CASCADE, related_name="images", verbose_name=_("giấy tờ")
    )
    side = models.CharField(_("mặt"), max_length=8, choices=ImageSide)
    # Encrypted, each picture bound to its name.
    file = models.FileField(_("ảnh"), upload_to=document_image_path, storage=sealed_storage, max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    width = models.PositiveIntegerField(_("rộng"))
    height = models.PositiveIntegerField(_("cao"))
    # Of the file as it was sent, and of what can be seen on it: the same picture in two accounts is found again.
    uploaded_sha256 = models.CharField(_("SHA-256 tệp gốc"), max_length=64, blank=True)
    perceptual_hash = models.BigIntegerField(_("băm hình ảnh"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("ảnh giấy tờ")
        verbose_name_plural = _("ảnh giấy tờ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "side"], name="document_image_side")
        ]
        # "Has this very picture been sent for somebody else?"
        indexes: ClassVar = [
            models.Index(fields=["uploaded_sha256"], name="document_image_upload"),
            models.Index(fields=["perceptual_hash"], name="document_image_looks"),
        ]

    def __str__(self) -> str:
        return f"{self.document} – {self.get_side_display()}"


class DocumentExtraction(models.Model):
    """One reading of one version of a paper: how good the photographs were, what was read, how long it took."""

    document = models.ForeignKey(
        IdentityDocument, on_delete=models.CASCADE, related_name="extractions", verbose_name=_("giấy tờ")
    )
    engine = models.CharField(_("bộ đọc"), max_length=60)
    created_at = models.DateTimeField(_("lúc"), auto_now_add=True)
    seconds = models.FloatField(_("giây"))
    # Per side what was measured, without any personal data: {"front": {"sharpness": 141.0, ...}}.
    quality = models.JSONField(_("chất lượng ảnh"), default=dict)
    # {"qr": true, "mrz": true}
    sources = models.JSONField(_("nguồn đọc được"), default=dict)
    findings = ArrayField(
        models.CharField(max_length=24, choices=Finding),
        verbose_name=_("phát hiện"),
        default=list,
        blank=True,
    )
    # Every field with value, source and confidence, as JSON: encrypted, because it is what stands on the paper.
    fields_encrypted = models.TextField(_("các trường (mã hóa)"), blank=True, editable=False)
    # What paid services were asked: [{"operation": "textract.DetectDocumentText", "is_ok": true, "seconds": 0.8}]
    calls = models.JSONField(_("lượt gọi dịch vụ"), default=list, blank=True)
    # Millionths of a US dollar, by the price list in the settings.
    cost_microusd = models.PositiveIntegerField(_("chi phí (phần triệu USD)"), default=0)

    class Meta:
        verbose_name = _("lượt đọc giấy tờ")
        verbose_name_plural = _("lượt đọc giấy tờ")

    def __str__(self) -> str:
        return f"{self.document} – {self.engine}"


class DocumentReview(models.Model):
    """One reviewer's turn at a paper: taken, and decided or let go."""

    document = models.ForeignKey(
        IdentityDocument, on_delete=models.CASCADE, related_name="reviews", verbose_name=_("giấy tờ")
    )
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("người duyệt")
    )
    taken_at = models.DateTimeField(_("nhận lúc"))
    decided_at = models.DateTimeField(_("quyết định lúc"), null=True, blank=True)
    outcome = models.CharField(_("kết quả"), max_length=12, choices=ReviewOutcome, blank=True)
    reason = models.CharField(_("lý do"), max_length=300, blank=True)
    # What the first of two reviewers read, for the second to compare; emptied with the decision.
    reading_encrypted = models.TextField(_("đã đọc (mã hóa)"), blank=True, editable=False)
    # 'admin' or 'tablet'.
    place = models.CharField(_("nơi duyệt"), max_length=8, default="admin")

    class Meta:
        verbose_name = _("lượt duyệt")
        verbose_name_plural = _("lượt duyệt")
        constraints: ClassVar = [
            # Two reviewers never work on one paper at once.
            models.UniqueConstraint(
                fields=["document"], condition=Q(decided_at=None), name="document_review_one_open"
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None) | ~Q(outcome=""), name="document_review_decided_has_outcome"
            ),
        ]
        # Service times of the last days.
        indexes: ClassVar = [models.Index(fields=["decided_at"], name="document_review_when")]

    def __str__(self) -> str:
        return f"{self.document} – {self.reviewer}"


class VerificationPolicy(models.Model):
    """From a day on: what the machine may approve by itself, and what needs two pairs of eyes."""

    valid_from = models.DateField(_("áp dụng từ"), unique=True)
    is_automatic = models.BooleanField(
        _("cho duyệt tự động"), default=True, help_text=_("Tắt: mọi giấy tờ đều do người duyệt.")
    )
    second_look = ArrayField(
        models.CharField(max_length=24, choices=Finding),
        verbose_name=_("cần hai người duyệt khi"),
        default=list,
        blank=True,
    )
    spot_check_percent = models.PositiveSmallIntegerField(
        _("kiểm tra ngẫu nhiên (%)"),
        default=0,
        help_text=_("Tỷ lệ giấy tờ đạt tự động vẫn chuyển cho người duyệt."),
    )
    note = models.CharField(_("ghi chú"), max_length=200, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("chính sách xác minh")
        verbose_name_plural = _("chính sách xác minh")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(spot_check_percent__lte=100), name="verification_policy_percent"
            )
        ]

    def __str__(self) -> str:
        return f"{self.valid_from:%d/%m/%Y}"


class Consent(models.Model):
    """One person's agreement to one purpose, with the words and the moment; withdrawn, never deleted."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="consents",
        verbose_name=_("người dùng"),
    )
    purpose = models.CharField(_("mục đích"), max_length=16, choices=ConsentPurpose)
    version = models.CharField(_("phiên bản"), max_length=20)
    text_sha256 = models.CharField(_("SHA-256 nội dung"), max_length=64)
    language = models.CharField(_("ngôn ngữ"), max_length=8)
    given_at = models.DateTimeField(_("đồng ý lúc"))
    ip_address = models.GenericIPAddressField(_("địa chỉ IP"), null=True, blank=True)
    device = models.CharField(_("thiết bị"), max_length=200, blank=True)
    withdrawn_at = models.DateTimeField(_("rút lại lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("sự đồng ý")
        verbose_name_plural = _("sự đồng ý")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "purpose"], condition=Q(withdrawn_at=None), name="consent_one_in_force"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} – {self.get_purpose_display()}"


class FaceReference(models.Model):
    """A face that a paid service keeps for us, by its id there; made with consent, erased with the images."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("người dùng")
    )
    engine = models.CharField(_("dịch vụ"), max_length=40)
    reference = models.CharField(_("mã ở dịch vụ"), max_length=120, unique=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("khuôn mặt đã lưu")
        verbose_name_plural = _("khuôn mặt đã lưu")

    def __str__(self) -> str:
        return f"{self.user} – {self.engine}"
