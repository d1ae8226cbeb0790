"""Why somebody may not drive a vehicle, in words, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.kyc.enums import LicenceClass
from voltgo.core.money import format_dong


class ReasonCode(models.TextChoices):
    """Why not; stored with the booking, so a code never changes its meaning."""

    BLOCKED = "blocked", _("Tài khoản đang bị khóa thuê xe.")
    DEBT = "debt", _("Bạn còn khoản chưa thanh toán.")
    PHONE_MISSING = "phone_missing", _("Tài khoản chưa có số điện thoại.")
    IDENTITY_MISSING = "identity_missing", _("Chưa có căn cước công dân hoặc hộ chiếu.")
    IDENTITY_WAITING = "identity_waiting", _("Giấy tờ tùy thân đang chờ kiểm tra.")
    IDENTITY_REJECTED = "identity_rejected", _("Giấy tờ tùy thân chưa được chấp nhận.")
    IDENTITY_EXPIRED = "identity_expired", _("Giấy tờ tùy thân hết hạn trước ngày trả xe.")
    TOO_YOUNG = "too_young", _("Bạn chưa đủ tuổi lái xe này vào ngày nhận xe.")
    LICENCE_MISSING = "licence_missing", _("Chưa có giấy phép lái xe.")
    LICENCE_WAITING = "licence_waiting", _("Giấy phép lái xe đang chờ kiểm tra.")
    LICENCE_REJECTED = "licence_rejected", _("Giấy phép lái xe chưa được chấp nhận.")
    LICENCE_EXPIRED = "licence_expired", _("Giấy phép lái xe hết hạn trước ngày trả xe.")
    LICENCE_CLASS = "licence_class", _("Hạng giấy phép lái xe không phù hợp với xe này.")
    # A foreign licence counts only beside its permit, and a permit only beside its licence.
    PERMIT_MISSING = "permit_missing", _("Giấy phép lái xe nước ngoài chưa có giấy phép quốc tế đi kèm.")
    SELFIE_MISSING = "selfie_missing", _("Chưa có ảnh chân dung.")
    SELFIE_WAITING = "selfie_waiting", _("Ảnh chân dung đang chờ kiểm tra.")
    SELFIE_REJECTED = "selfie_rejected", _("Ảnh chân dung chưa được chấp nhận.")
    VEHICLE_NOT_COVERED = "vehicle_not_covered", _("Xe này không cho thuê tự lái.")


CURES: Mapping[str, Any] = {
    ReasonCode.BLOCKED: _("Hãy gọi tổng đài để biết lý do và cách mở lại."),
    ReasonCode.DEBT: _("Hãy thanh toán %(amount)s còn thiếu rồi đặt xe lại."),
    ReasonCode.PHONE_MISSING: _("Hãy thêm số điện thoại trong hồ sơ."),
    ReasonCode.IDENTITY_MISSING: _("Hãy chụp căn cước công dân hoặc hộ chiếu, mất khoảng hai phút."),
    ReasonCode.IDENTITY_WAITING: _("Chúng tôi thường kiểm tra xong trong 15 phút và sẽ gửi email cho bạn."),
    ReasonCode.IDENTITY_REJECTED: _("Hãy xem lý do rồi chụp lại giấy tờ tùy thân."),
    ReasonCode.IDENTITY_EXPIRED: _("Hãy tải lên giấy tờ tùy thân còn giá trị đến hết ngày %(needed)s."),
    ReasonCode.TOO_YOUNG: _("Xe này dành cho người từ %(age)s tuổi. Hãy chọn xe khác."),
    ReasonCode.LICENCE_MISSING: _("Hãy chụp hai mặt giấy phép lái xe, mất khoảng hai phút."),
    ReasonCode.LICENCE_WAITING: _("Chúng tôi thường kiểm tra xong trong 15 phút và sẽ gửi email cho bạn."),
    ReasonCode.LICENCE_REJECTED: _("Hãy xem lý do rồi chụp lại giấy phép lái xe."),
    ReasonCode.LICENCE_EXPIRED: _(
        "Hãy tải lên giấy phép còn giá trị đến hết ngày %(needed)s, hoặc trả xe sớm hơn."
    ),
    ReasonCode.LICENCE_CLASS: _(
        "Xe này cần một trong các hạng: %(classes)s. Hãy chọn xe khác hoặc tải lên giấy phép phù hợp."
    ),
    ReasonCode.PERMIT_MISSING: _(
        "Hãy gửi thêm giấy phép lái xe quốc tế theo Công ước Viên 1968; hai giấy tờ chỉ có giá trị khi đi cùng nhau."
    ),
    ReasonCode.SELFIE_MISSING: _("Hãy chụp một ảnh chân dung, mất khoảng nửa phút."),
    ReasonCode.SELFIE_WAITING: _("Chúng tôi thường kiểm tra xong trong 15 phút và sẽ gửi email cho bạn."),
    ReasonCode.SELFIE_REJECTED: _("Hãy xem lý do rồi chụp lại ảnh chân dung."),
    ReasonCode.VEHICLE_NOT_COVERED: _("Hãy chọn xe khác."),
}

# Where the person can do something about it; nothing where only waiting or another vehicle helps.
PAGES: Mapping[str, str] = {
    ReasonCode.PHONE_MISSING: "accounts:profile",
    ReasonCode.IDENTITY_MISSING: "accounts:identity",
    ReasonCode.IDENTITY_WAITING: "accounts:identity",
    ReasonCode.IDENTITY_REJECTED: "accounts:identity",
    ReasonCode.IDENTITY_EXPIRED: "accounts:identity",
    ReasonCode.LICENCE_MISSING: "accounts:identity",
    ReasonCode.LICENCE_WAITING: "accounts:identity",
    ReasonCode.LICENCE_REJECTED: "accounts:identity",
    ReasonCode.LICENCE_EXPIRED: "accounts:identity",
    ReasonCode.LICENCE_CLASS: "accounts:identity",
    ReasonCode.PERMIT_MISSING: "accounts:identity",
    ReasonCode.SELFIE_MISSING: "accounts:identity",
    ReasonCode.SELFIE_WAITING: "accounts:identity",
    ReasonCode.SELFIE_REJECTED: "accounts:identity",
}
WAITING = frozenset({ReasonCode.IDENTITY_WAITING, ReasonCode.LICENCE_WAITING, ReasonCode.SELFIE_WAITING})


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason why not: a code, plain values for its words, and where the cure is."""

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.message

    @property
    def message(self) -> str:
        return str(ReasonCode(self.code).label)

    @property
    def cure(self) -> str:
        return str(CURES[self.code]) % self._words()

    @property
    def page(self) -> str:
        """The name of the page where it can be cured; empty when there is none."""
        return PAGES.get(self.code, "")

    @property
    def is_waiting(self) -> bool:
        """True when nobody but us has anything to do."""
        return self.code in WAITING

    def as_json(self) -> dict[str, Any]:
        return {"code": str(self.code), "params": dict(self.params)}

    def _words(self) -> dict[str, str]:
        """Turn plain values into what people read."""
        words = {name: str(value) for name, value in self.params.items()}
        if "needed" in self.params:
            words["needed"] = f"{date.fromisoformat(self.params['needed']):%d/%m/%Y}"
        if "amount" in self.params:
            words["amount"] = format_dong(self.params["amount"])
        if "classes" in self.params:
            words["classes"] = ", ".join(str(LicenceClass(name).label) for name in self.params["classes"])
        return words
