"""Identity documents and their images."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.kyc.enums import DocumentKind, DocumentState, ImageSide, LicenceClass, RejectionCode
from accounts.kyc.paths import document_image_path
from voltgo.core import crypto


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

    class Meta:
        verbose_name = _("giấy tờ")
        verbose_name_plural = _("giấy tờ")
        permissions: ClassVar = [("review_identitydocument", _("Xem ảnh và duyệt giấy tờ"))]
        constraints: ClassVar = [
            # A number belongs to one active person (domain rule "unique among active users").
            models.UniqueConstraint(
                fields=["kind", "number_hash"], condition=Q(state="approved"), name="document_number_once"
            ),
            # One valid version per person and kind; a new one supersedes the old.
            models.UniqueConstraint(
                fields=["user", "kind"], condition=Q(state="approved"), name="document_one_approved"
            ),
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(state__in=["uploaded", "needs_review"]),
                name="document_one_waiting",
            ),
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(rejection_code=""), name="document_rejection_has_code"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | (~Q(number_hash="") & ~Q(full_name="") & Q(born_on__isnull=False)),
                name="document_approved_is_complete",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | ~Q(kind="driving_licence")
                | Q(licence_classes__len__gt=0, issued_on__isnull=False),
                name="document_approved_licence_has_class",
            ),
        ]
        # The review queue, oldest first.
        indexes: ClassVar = [
            models.Index(fields=["uploaded_at"], name="document_queue", condition=Q(state="needs_review"))
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
        return self.state in {DocumentState.UPLOADED, DocumentState.NEEDS_REVIEW}


class DocumentImage(models.Model):
    """One photograph of one side of a document, re-encoded, without metadata, in private storage."""

    document = models.ForeignKey(
        IdentityDocument, on_delete=models.CASCADE, related_name="images", verbose_name=_("giấy tờ")
    )
    side = models.CharField(_("mặt"), max_length=8, choices=ImageSide)
    file = models.FileField(_("ảnh"), upload_to=document_image_path, max_length=200)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    width = models.PositiveIntegerField(_("rộng"))
    height = models.PositiveIntegerField(_("cao"))

    class Meta:
        verbose_name = _("ảnh giấy tờ")
        verbose_name_plural = _("ảnh giấy tờ")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "side"], name="document_image_side")
        ]

    def __str__(self) -> str:
        return f"{self.document} – {self.get_side_display()}"
