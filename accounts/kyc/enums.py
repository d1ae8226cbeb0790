"""Choices and the state machine of identity documents."""

from collections.abc import Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import BACK_OFFICE, COUNTER, MACHINES, Machine


class DocumentKind(models.TextChoices):
    CITIZEN_CARD = "citizen_card", _("căn cước công dân")
    DRIVING_LICENCE = "driving_licence", _("giấy phép lái xe")
    PASSPORT = "passport", _("hộ chiếu")
    FOREIGN_LICENCE = "foreign_licence", _("giấy phép lái xe nước ngoài")
    # Of the Vienna convention of 1968; it counts only together with the licence that it translates.
    DRIVING_PERMIT = "driving_permit", _("giấy phép lái xe quốc tế")
    SELFIE = "selfie", _("ảnh chân dung")


# Either paper says who somebody is.
IDENTITY_KINDS = (DocumentKind.CITIZEN_CARD, DocumentKind.PASSPORT)
# What carries licence classes, and therefore needs a day of issue.
LICENCE_KINDS = (DocumentKind.DRIVING_LICENCE, DocumentKind.FOREIGN_LICENCE, DocumentKind.DRIVING_PERMIT)


class DocumentState(models.TextChoices):
    UPLOADED = "uploaded", _("đã tải lên")
    PROCESSING = "processing", _("đang đọc")
    # The machine found nothing wrong; what else must be there (another paper, a person's look) is missing.
    AUTO_PASSED = "auto_passed", _("đã đọc, chưa đủ để duyệt")
    NEEDS_REVIEW = "needs_review", _("chờ duyệt")
    APPROVED = "approved", _("đã duyệt")
    REJECTED = "rejected", _("bị từ chối")
    EXPIRED = "expired", _("hết hạn")
    REVOKED = "revoked", _("bị thu hồi")
    SUPERSEDED = "superseded", _("đã thay thế")


class ImageSide(models.TextChoices):
    FRONT = "front", _("mặt trước")
    BACK = "back", _("mặt sau")


SIDES_OF: Mapping[str, tuple[ImageSide, ...]] = {
    DocumentKind.CITIZEN_CARD: (ImageSide.FRONT, ImageSide.BACK),
    DocumentKind.DRIVING_LICENCE: (ImageSide.FRONT, ImageSide.BACK),
    # The page with the portrait and the machine readable zone.
    DocumentKind.PASSPORT: (ImageSide.FRONT,),
    DocumentKind.FOREIGN_LICENCE: (ImageSide.FRONT, ImageSide.BACK),
    # The cover, and the page with the portrait and the stamped categories.
    DocumentKind.DRIVING_PERMIT: (ImageSide.FRONT, ImageSide.BACK),
    DocumentKind.SELFIE: (ImageSide.FRONT,),
}


class RejectionCode(models.TextChoices):
    UNREADABLE = "unreadable", _("ảnh mờ, lóa hoặc bị cắt")
    WRONG_DOCUMENT = "wrong_document", _("không phải loại giấy tờ cần thiết")
    NAME_MISMATCH = "name_mismatch", _("tên trên giấy tờ khác tên tài khoản")
    EXPIRED = "expired", _("giấy tờ đã hết hạn")
    DUPLICATE = "duplicate", _("giấy tờ đã dùng cho tài khoản khác")
    UNDER_AGE = "under_age", _("chưa đủ tuổi")
    SUSPECTED_FORGERY = "suspected_forgery", _("nghi ngờ giấy tờ không thật")
    # What the machine asks to be photographed again.
    BLURRED = "blurred", _("ảnh bị mờ")
    GLARE = "glare", _("ảnh bị lóa")
    TOO_DARK = "too_dark", _("ảnh quá tối")
    TOO_SMALL = "too_small", _("giấy tờ quá nhỏ trong ảnh")
    NOT_A_CARD = "not_a_card", _("không thấy giấy tờ trong ảnh")
    WRONG_SIDE = "wrong_side", _("nhầm mặt giấy tờ")
    FACE_UNCLEAR = "face_unclear", _("không thấy rõ khuôn mặt")
    FACE_MISMATCH = "face_mismatch", _("khuôn mặt khác với ảnh trên giấy tờ")
    PERMIT_NOT_VALID = "permit_not_valid", _("giấy phép quốc tế không có giá trị tại Việt Nam")


class ConsentPurpose(models.TextChoices):
    """What a person agrees to, each by itself; only the first is needed to rent."""

    IDENTITY = "identity", _("kiểm tra giấy tờ")
    BIOMETRICS = "biometrics", _("so khuôn mặt bằng máy")
    CROSS_BORDER = "cross_border", _("đọc giấy tờ bằng dịch vụ ở nước ngoài")


class ReviewOutcome(models.TextChoices):
    APPROVED = "approved", _("đã duyệt")
    REJECTED = "rejected", _("đã từ chối")
    # The first of two pairs of eyes would approve.
    SECOND_LOOK = "second_look", _("chờ người thứ hai")
    LET_GO = "let_go", _("trả lại hàng đợi")


class Finding(models.TextChoices):
    """What the cross-check has to say about a paper; stored, so a code never changes its meaning.

    Which of them stop an automatic approval, and which point to deceit, stands in `accounts.kyc.decision`.
    """

    NOTHING_READ = "nothing_read", _("Không đọc được đủ thông tin.")
    READER_AWAY = "reader_away", _("Bộ đọc không làm việc được lúc này.")
    QR_MISSING = "qr_missing", _("Không đọc được mã QR.")
    MRZ_MISSING = "mrz_missing", _("Không đọc được dòng mã máy đọc.")
    MRZ_CHECK_FAILED = "mrz_check_failed", _("Số kiểm tra của dòng mã máy đọc không đúng.")
    SOURCES_DISAGREE = "sources_disagree", _("Các nguồn trên giấy tờ nói khác nhau.")
    LOW_CONFIDENCE = "low_confidence", _("Có trường đọc chưa chắc chắn.")
    NUMBER_STRUCTURE = "number_structure", _("Số căn cước không đúng cấu trúc.")
    UNKNOWN_PROVINCE = "unknown_province", _("Ba số đầu không phải mã tỉnh đã biết.")
    NAME_DIFFERS = "name_differs", _("Tên khác với tài khoản.")
    BIRTH_DIFFERS = "birth_differs", _("Ngày sinh khác với tài khoản hoặc giấy tờ kia.")
    EXPIRED = "expired", _("Giấy tờ đã hết hạn.")
    UNDER_AGE = "under_age", _("Chưa đủ 16 tuổi.")
    NUMBER_TAKEN = "number_taken", _("Số này đã được duyệt cho tài khoản khác.")
    IMAGE_KNOWN = "image_known", _("Ảnh này đã có ở tài khoản khác.")
    CLASS_UNCERTAIN = "class_uncertain", _("Chưa đọc chắc được hạng giấy phép.")
    FACE_NOT_COMPARED = "face_not_compared", _("Khuôn mặt chưa được so sánh.")
    FACE_DIFFERS = "face_differs", _("Khuôn mặt khác với ảnh trên giấy tờ.")
    FACE_KNOWN = "face_known", _("Khuôn mặt này đã có ở tài khoản khác.")
    FACE_UNCERTAIN = "face_uncertain", _("Chưa chắc là cùng một người.")
    ALWAYS_BY_PERSON = "always_by_person", _("Loại giấy tờ này luôn do người kiểm tra.")
    SPOT_CHECK = "spot_check", _("Được chọn ngẫu nhiên để kiểm tra lại.")
    REFUSED_BEFORE = "refused_before", _("Giấy tờ loại này của người này từng bị thu hồi hoặc bị coi là giả.")


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
# Whoever stands before the person may compare a face with it.
LOOKERS = REVIEWERS | COUNTER

DOCUMENT = Machine(
    name="document",
    initial=DocumentState.UPLOADED,
    table={
        (DocumentState.UPLOADED, DocumentState.PROCESSING): MACHINES,
        # Papers that nobody reads by machine go straight to a person.
        (DocumentState.UPLOADED, DocumentState.NEEDS_REVIEW): SENDERS,
        (DocumentState.UPLOADED, DocumentState.SUPERSEDED): SENDERS,
        (DocumentState.PROCESSING, DocumentState.AUTO_PASSED): MACHINES,
        (DocumentState.PROCESSING, DocumentState.APPROVED): MACHINES,
        (DocumentState.PROCESSING, DocumentState.NEEDS_REVIEW): MACHINES,
        (DocumentState.PROCESSING, DocumentState.REJECTED): MACHINES,
        (DocumentState.PROCESSING, DocumentState.SUPERSEDED): SENDERS,
        (DocumentState.AUTO_PASSED, DocumentState.APPROVED): MACHINES | LOOKERS,
        (DocumentState.AUTO_PASSED, DocumentState.NEEDS_REVIEW): MACHINES | LOOKERS,
        (DocumentState.AUTO_PASSED, DocumentState.REJECTED): LOOKERS,
        (DocumentState.AUTO_PASSED, DocumentState.SUPERSEDED): SENDERS,
        (DocumentState.NEEDS_REVIEW, DocumentState.APPROVED): LOOKERS,
        (DocumentState.NEEDS_REVIEW, DocumentState.REJECTED): LOOKERS,
        (DocumentState.NEEDS_REVIEW, DocumentState.SUPERSEDED): SENDERS,
        (DocumentState.APPROVED, DocumentState.EXPIRED): MACHINES,
        (DocumentState.APPROVED, DocumentState.REVOKED): BACK_OFFICE,
        (DocumentState.APPROVED, DocumentState.SUPERSEDED): MACHINES | LOOKERS,
        (DocumentState.REJECTED, DocumentState.SUPERSEDED): SENDERS,
        (DocumentState.EXPIRED, DocumentState.SUPERSEDED): MACHINES | LOOKERS,
    },
)
# Versions that are under way; a person has one of each kind at most.
WAITING = (
    DocumentState.UPLOADED,
    DocumentState.PROCESSING,
    DocumentState.AUTO_PASSED,
    DocumentState.NEEDS_REVIEW,
)
