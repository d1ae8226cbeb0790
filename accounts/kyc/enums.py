"""Choices and the state machine of identity documents."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import BACK_OFFICE, COUNTER, MACHINES, Machine


class DocumentKind(models.TextChoices):
    CITIZEN_CARD = "citizen_card", _("căn cước công dân")
    DRIVING_LICENCE = "driving_licence", _("giấy phép lái xe")


class DocumentState(models.TextChoices):
    UPLOADED = "uploaded", _("đã tải lên")
    NEEDS_REVIEW = "needs_review", _("chờ duyệt")
    APPROVED = "approved", _("đã duyệt")
    REJECTED = "rejected", _("bị từ chối")
    EXPIRED = "expired", _("hết hạn")
    REVOKED = "revoked", _("bị thu hồi")
    SUPERSEDED = "superseded", _("đã thay thế")


class ImageSide(models.TextChoices):
    FRONT = "front", _("mặt trước")
    BACK = "back", _("mặt sau")


class RejectionCode(models.TextChoices):
    UNREADABLE = "unreadable", _("ảnh mờ, lóa hoặc bị cắt")
    WRONG_DOCUMENT = "wrong_document", _("không phải loại giấy tờ cần thiết")
    NAME_MISMATCH = "name_mismatch", _("tên trên giấy tờ khác tên tài khoản")
    EXPIRED = "expired", _("giấy tờ đã hết hạn")
    DUPLICATE = "duplicate", _("giấy tờ đã dùng cho tài khoản khác")
    UNDER_AGE = "under_age", _("chưa đủ tuổi")
    SUSPECTED_FORGERY = "suspected_forgery", _("nghi ngờ giấy tờ không thật")


class LicenceClass(models.TextChoices):
    """Classes of the law of 2025 and, marked so, of the licences issued before it."""

    A1 = "A1", "A1"
    A = "A", "A"
    B1 = "B1", "B1"
    B = "B", "B"
    C1 = "C1", "C1"
    C = "C", "C"
    D1 = "D1", "D1"
    D2 = "D2", "D2"
    D = "D", "D"
    OLD_A1 = "old_A1", _("A1 (cấp trước 2025)")
    OLD_A2 = "old_A2", _("A2 (cấp trước 2025)")
    OLD_A3 = "old_A3", _("A3 (cấp trước 2025)")
    OLD_B1 = "old_B1", _("B1 (cấp trước 2025)")
    OLD_B2 = "old_B2", _("B2 (cấp trước 2025)")
    OLD_C = "old_C", _("C (cấp trước 2025)")
    OLD_D = "old_D", _("D (cấp trước 2025)")
    OLD_E = "old_E", _("E (cấp trước 2025)")
    A_RESTRICTED = "A_14kW", _("A hạn chế 14 kW")


class ViewPurpose(models.TextChoices):
    """Why somebody looked at an image or a number; part of the access record."""

    OWN = "own", _("xem giấy tờ của chính mình")
    REVIEW = "review", _("duyệt giấy tờ")
    COUNTER = "counter", _("đối chiếu tại trạm")
    CONTRACT = "contract", _("lập hợp đồng")


REVIEWERS = frozenset({ActorKind.OPERATOR, ActorKind.SUPERVISOR})
# Who may hand papers in: the person themselves, or the counter for them.
SENDERS = MACHINES | COUNTER | {ActorKind.RENTER, ActorKind.OWNER}

DOCUMENT = Machine(
    name="document",
    initial=DocumentState.UPLOADED,
    table={
        (DocumentState.UPLOADED, DocumentState.NEEDS_REVIEW): SENDERS,
        (DocumentState.NEEDS_REVIEW, DocumentState.APPROVED): REVIEWERS,
        (DocumentState.NEEDS_REVIEW, DocumentState.REJECTED): REVIEWERS,
        (DocumentState.NEEDS_REVIEW, DocumentState.SUPERSEDED): SENDERS,
        (DocumentState.APPROVED, DocumentState.EXPIRED): MACHINES,
        (DocumentState.APPROVED, DocumentState.REVOKED): BACK_OFFICE,
        (DocumentState.APPROVED, DocumentState.SUPERSEDED): MACHINES | REVIEWERS,
        (DocumentState.REJECTED, DocumentState.SUPERSEDED): SENDERS,
        (DocumentState.EXPIRED, DocumentState.SUPERSEDED): MACHINES | REVIEWERS,
    },
)
