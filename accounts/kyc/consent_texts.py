"""The words that a person agrees to, one text for each purpose, with their version and their hash.

Law 91/2025/QH15 asks that consent be voluntary, specific and provable: every purpose is agreed to by itself, no box
is ticked beforehand, and a changed text gets a new version and is asked for again.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from accounts.kyc.enums import ConsentPurpose

VERSION = "2026-12"
# Changed one by one: new words for one purpose leave the others in force.
VERSIONS: Mapping[str, str] = {
    ConsentPurpose.IDENTITY: VERSION,
    ConsentPurpose.BIOMETRICS: VERSION,
    ConsentPurpose.CROSS_BORDER: VERSION,
}
REQUIRED = (ConsentPurpose.IDENTITY,)

TEXTS: Mapping[str, Any] = {
    ConsentPurpose.IDENTITY: _(
        "Tôi đồng ý để VoltGo lưu ảnh và đọc thông tin trên giấy tờ của tôi (căn cước hoặc hộ chiếu, giấy phép lái "
        "xe, ảnh chân dung) để biết tôi là ai, đủ tuổi và được lái loại xe nào. Nhân viên của VoltGo có thể xem ảnh "
        "khi kiểm tra và khi giao xe; mỗi lần xem đều được ghi lại."
    ),
    ConsentPurpose.BIOMETRICS: _(
        "Tôi đồng ý để máy so khuôn mặt trên ảnh chân dung với ảnh trên giấy tờ của tôi, và giữ đặc điểm khuôn mặt "
        "để phát hiện người khác dùng khuôn mặt này. Nếu tôi không đồng ý, một nhân viên so thay cho máy."
    ),
    ConsentPurpose.CROSS_BORDER: _(
        "Tôi đồng ý để ảnh giấy tờ, và ảnh chân dung nếu tôi cho máy so khuôn mặt, được gửi có mã hóa đến dịch vụ "
        "nhận dạng ở nước ngoài (Amazon Web Services, Singapore). Nếu tôi không đồng ý, giấy tờ chỉ được đọc trên "
        "máy chủ của VoltGo hoặc do nhân viên đọc."
    ),
}


def text_hash(purpose: str = ConsentPurpose.IDENTITY, language: str = "") -> str:
    """Return the hash of a purpose's words as they are shown in a language, or else in the active one."""
    with translation.override(language or translation.get_language()):
        return hashlib.sha256(str(TEXTS[purpose]).encode()).hexdigest()


def offered() -> list[ConsentPurpose]:
    """Return the purposes that have a use here now: nobody is asked to agree to what is not done."""
    faces, reader = settings.KYC_FACE_ENGINE, settings.KYC_READER
    used = {
        ConsentPurpose.IDENTITY: True,
        ConsentPurpose.BIOMETRICS: bool(faces),
        ConsentPurpose.CROSS_BORDER: reader == "textract" or faces == "rekognition",
    }
    return [purpose for purpose in ConsentPurpose if used[purpose]]
