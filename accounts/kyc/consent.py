"""The consent that a person gives before their papers are kept: its text, its version and its hash.

Law 91/2025/QH15 asks that consent be specific, voluntary and provable. A changed text gets a new version; a
document keeps the version under which it was sent, the audit log keeps the hash of the words.
"""

import hashlib

from django.utils.translation import gettext_lazy as _

VERSION = "2026-11"
IMAGES_KEPT_DAYS = 30

TEXT = _(
    "Tôi đồng ý để VoltGo lưu và kiểm tra ảnh giấy tờ này nhằm xác minh danh tính và điều kiện lái xe của tôi. "
    "Ảnh chỉ người kiểm tra và nhân viên giao xe được xem, và mỗi lần xem đều được ghi lại. Tôi có thể rút lại "
    "đồng ý và yêu cầu xóa bất cứ lúc nào."
)


def text_hash() -> str:
    """Return the hash of the words as they are shown in the active language."""
    return hashlib.sha256(str(TEXT).encode()).hexdigest()
