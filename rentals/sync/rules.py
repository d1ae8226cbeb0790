"""What becomes of a command that does not fit what the server has: the whole table, as data.

docs/offline.md prints it; a test holds the two together.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rentals.sync.enums import Resolution, Severity

NOTICE, HIGH = Severity.NOTICE, Severity.HIGH


class Fate(StrEnum):
    """What a code does to a command."""

    # It was applied; people are told of something.
    FLAG = "flag"
    # It is tried again; after a day a person looks.
    WAIT = "wait"
    # A person decides.
    CONFLICT = "conflict"
    # It is kept as evidence.
    REJECTED = "rejected"


class Consequence(StrEnum):
    """What is done at once, before anybody has looked."""

    NONE = ""
    # Nobody may book what drives about: an incident takes it out of service, and who was promised it is seen to.
    VEHICLE_OUT = "vehicle_out"
    # Its free time is blocked until somebody has decided; its own booking keeps its claim.
    VEHICLE_HELD = "vehicle_held"
    # Money lies in a drawer that belongs to nothing: a case for finance.
    MONEY_CASE = "money_case"
    # The settlement is not taken as accepted: it goes to the renter, who has 48 hours.
    RENTER_DECIDES = "renter_decides"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what was found, how bad it is, in words for people, and what may be done about it."""

    code: str
    fate: Fate
    words: str | Promise
    severity: Severity = NOTICE
    offers: tuple[Resolution, ...] = ()
    consequence: Consequence = Consequence.NONE
    # What "apply it all the same" will do, said before it is confirmed.
    if_applied: str | Promise = ""


APPLIED, EVIDENCE, BY_HAND = Resolution.APPLIED, Resolution.EVIDENCE, Resolution.BY_HAND
KEEP = (EVIDENCE, BY_HAND)
ALL = (APPLIED, EVIDENCE, BY_HAND)
WITHOUT_CASH = _("Ghi nhận xe đã giao nếu lệnh là biên bản giao; tiền mặt đã thu chờ tài chính xem.")
RETRY = _("Thử áp dụng lại như lúc nhận, theo giờ đã ghi trên máy.")


def _conflict(code: str, words: Promise, severity: Severity = NOTICE, **fields: object) -> Rule:
    return Rule(code, Fate.CONFLICT, words, severity, **{"offers": KEEP, **fields})  # type: ignore[arg-type]


_RULES = (
    # Who, and from where.
    _conflict(
        "ticket_expired",
        _("Dữ liệu trên máy đã quá 72 giờ khi gửi tới."),
        offers=ALL,
        if_applied=_("Áp dụng như lúc nhận dù dữ liệu trên máy đã cũ."),
    ),
    _conflict(
        "station_disabled",
        _("Trạm đã ngừng hoạt động khi lệnh tới."),
        HIGH,
        offers=ALL,
        if_applied=_("Áp dụng dù trạm đã ngừng hoạt động."),
    ),
    _conflict(
        "staff_disabled",
        _("Nhân viên ghi lệnh không còn làm ở trạm này."),
        HIGH,
        offers=ALL,
        if_applied=_("Áp dụng dưới tên nhân viên đã ghi, dù người này không còn vị trí ở trạm."),
    ),
    _conflict(
        "moved_elsewhere",
        _("Lượt hoặc xe này đã chuyển sang trạm khác sau khi máy tải dữ liệu."),
        HIGH,
        offers=ALL,
        consequence=Consequence.VEHICLE_HELD,
        if_applied=RETRY,
    ),
    # Pickup.
    _conflict(
        "already_handed_over",
        _("Xe của lượt này đã được giao qua một máy khác. Biên bản tới trước được giữ."),
        HIGH,
    ),
    _conflict(
        "booking_cancelled",
        _("Lượt đặt đã bị hủy hoặc hết hạn trong khi xe được giao lúc mất mạng."),
        HIGH,
        consequence=Consequence.VEHICLE_OUT,
    ),
    _conflict(
        "booking_not_confirmed",
        _("Lượt đặt chưa được xác nhận khi xe được giao."),
        HIGH,
        offers=ALL,
        consequence=Consequence.VEHICLE_HELD,
        if_applied=RETRY,
    ),
    _conflict(
        "vehicle_swapped",
        _("Lượt này đã được đổi sang xe khác; khách đang đi chiếc xe cũ."),
        HIGH,
        consequence=Consequence.VEHICLE_OUT,
    ),
    _conflict(
        "not_eligible",
        _("Khách không còn đủ điều kiện lái xe: giấy phép hoặc hồ sơ đã thay đổi."),
        HIGH,
        offers=ALL,
        if_applied=_("Ghi nhận xe đã giao dù khách không đủ điều kiện. Hãy liên hệ khách ngay."),
    ),
    _conflict(
        "face_not_compared",
        _("Chân dung của khách chưa được so với giấy tờ, hoặc đã được thay bằng ảnh khác."),
        HIGH,
        offers=ALL,
        if_applied=RETRY,
    ),
    _conflict(
        "contract_changed",
        _("Hợp đồng khách đã ký trên máy không còn là bản hiện hành."),
        HIGH,
        offers=ALL,
        if_applied=_(
            "Ghi nhận xe đã giao. Bản khách đã ký được giữ làm bằng chứng; bản hiện hành cần ký lại."
        ),
    ),
    _conflict(
        "contract_missing",
        _("Hợp đồng chưa lập xong nên chưa gắn được chữ ký."),
        HIGH,
        offers=ALL,
        if_applied=RETRY,
    ),
    _conflict("signature_unusable", _("Chữ ký gửi tới không dùng được."), HIGH, offers=ALL, if_applied=RETRY),
    _conflict(
        "money_missing",
        _("Xe đã giao nhưng tiền thuê hoặc tiền cọc chưa đủ."),
        HIGH,
        offers=ALL,
        if_applied=_("Ghi nhận xe đã giao dù còn thiếu tiền. Phần thiếu vẫn chờ khách trả."),
    ),
    _conflict(
        "vehicle_not_ready",
        _("Theo hệ thống, xe chưa qua bước chuẩn bị khi được giao."),
        offers=ALL,
        if_applied=_("Ghi nhận xe đã giao dù chưa qua bước chuẩn bị."),
    ),
    _conflict(
        "renter_has_open_rental",
        _("Khách đang có một xe khác chưa trả."),
        HIGH,
        offers=ALL,
        consequence=Consequence.VEHICLE_HELD,
        if_applied=RETRY,
    ),
    _conflict(
        "vehicle_still_out",
        _("Theo hệ thống, xe này đang ở chỗ một khách khác."),
        HIGH,
        offers=ALL,
        if_applied=RETRY,
    ),
    _conflict(
        "outside_hours",
        _("Xe được giao ngoài khoảng giờ của lượt đặt."),
        HIGH,
        offers=ALL,
        if_applied=_("Ghi nhận xe đã giao dù ngoài khoảng giờ của lượt đặt."),
    ),
    _conflict(
        "incomplete",
        _("Biên bản thiếu mục, ảnh hoặc chỉ số bắt buộc."),
        offers=KEEP,
    ),
    # Return.
    _conflict(
        "return_without_pickup",
        _("Có biên bản nhận lại xe nhưng sau một ngày vẫn không có biên bản giao."),
        HIGH,
        offers=ALL,
        if_applied=RETRY,
    ),
    _conflict("already_returned", _("Xe của lượt này đã được nhận lại qua một máy khác.")),
    _conflict("other_station", _("Lượt này hẹn trả ở trạm khác."), HIGH, offers=ALL, if_applied=RETRY),
    _conflict(
        "time_impossible",
        _("Giờ ghi trên máy không thể đúng: trước khi giao xe, hoặc sau lúc nhận lệnh."),
        offers=ALL,
        if_applied=_("Áp dụng với giờ hệ thống nhận lệnh."),
    ),
    # Walk-in.
    _conflict(
        "vehicle_promised",
        _("Xe giao cho khách vãng lai đã được hứa cho lượt khác và chưa sắp xếp lại được."),
        HIGH,
        offers=ALL,
        consequence=Consequence.VEHICLE_HELD,
        if_applied=RETRY,
    ),
    _conflict(
        "renter_unclear",
        _("Số điện thoại và email thuộc hai tài khoản khác nhau. Chưa biết khách là ai."),
        HIGH,
        consequence=Consequence.VEHICLE_OUT,
    ),
    _conflict(
        "walk_in_refused",
        _("Hệ thống không nhận lượt khách vãng lai này."),
        HIGH,
        offers=ALL,
        consequence=Consequence.VEHICLE_HELD,
        if_applied=RETRY,
    ),
    # Money.
    _conflict(
        "cash_twice",
        _(
            "Khoản này đã được trả rồi: tiền mặt thu lúc mất mạng đang nằm trong két mà không thuộc khoản nào."
        ),
        HIGH,
        offers=ALL,
        consequence=Consequence.MONEY_CASE,
        if_applied=WITHOUT_CASH,
    ),
    _conflict(
        "cash_differs",
        _("Số tiền mặt đã thu khác số tiền hệ thống đang chờ."),
        HIGH,
        offers=ALL,
        consequence=Consequence.MONEY_CASE,
        if_applied=WITHOUT_CASH,
    ),
    _conflict("drawer_in_use", _("Két đang có một ca mở khác."), offers=ALL, if_applied=RETRY),
    _conflict(
        "drawer_differs",
        _("Tiền đếm được khác sổ và chưa có lý do."),
        offers=ALL,
        if_applied=_("Áp dụng với ghi chú của bạn làm lý do chênh lệch."),
    ),
    _conflict(
        "drawer_too_empty", _("Sổ két không có đủ tiền cho lần nộp này."), HIGH, offers=ALL, if_applied=RETRY
    ),
    _conflict("bag_used", _("Số niêm phong này đã dùng cho một túi khác."), HIGH),
    _conflict(
        "session_closed",
        _("Ca két của khoản này đã đóng trên hệ thống."),
        HIGH,
        offers=ALL,
        if_applied=WITHOUT_CASH,
    ),
    # Anything.
    _conflict("file_unusable", _("Một ảnh gửi kèm không mở được."), offers=ALL, if_applied=RETRY),
    _conflict("files_missing", _("Sau một ngày, ảnh gửi kèm vẫn chưa tới đủ."), offers=ALL, if_applied=RETRY),
    _conflict(
        "predecessor_missing",
        _("Việc làm trước đó trên cùng đối tượng sau một ngày vẫn chưa xong."),
        offers=ALL,
        if_applied=RETRY,
    ),
    _conflict(
        "could_not_apply", _("Hệ thống gặp lỗi nhiều lần khi áp dụng."), HIGH, offers=ALL, if_applied=RETRY
    ),
    _conflict("refused", _("Hệ thống không chấp nhận việc này."), offers=ALL, if_applied=RETRY),
    # Waiting.
    Rule("waiting_files", Fate.WAIT, _("Đang chờ ảnh gửi kèm.")),
    Rule("waiting_predecessor", Fate.WAIT, _("Đang chờ việc làm trước đó trên cùng đối tượng.")),
    Rule("waiting_pickup", Fate.WAIT, _("Đang chờ biên bản giao của lượt này.")),
    Rule("waiting_session", Fate.WAIT, _("Đang chờ lệnh mở ca két.")),
    Rule("waiting_walk_in", Fate.WAIT, _("Đang chờ lượt khách vãng lai được ghi nhận.")),
    Rule("waiting_retry", Fate.WAIT, _("Hệ thống sẽ thử lại.")),
    # Never ours.
    Rule("malformed", Fate.REJECTED, _("Lệnh không đọc được."), HIGH, (EVIDENCE,)),
    Rule("ticket_forged", Fate.REJECTED, _("Vé của lệnh không do hệ thống cấp."), HIGH, (EVIDENCE,)),
    Rule("unknown_subject", Fate.REJECTED, _("Không có đối tượng này ở trạm."), HIGH, (EVIDENCE,)),
    Rule("unknown_actor", Fate.REJECTED, _("Không rõ ai đã làm việc này."), HIGH, (EVIDENCE,)),
    Rule("id_reused", Fate.REJECTED, _("Mã lệnh đã dùng cho một nội dung khác."), HIGH, (EVIDENCE,)),
    Rule(
        "seq_reused", Fate.REJECTED, _("Số thứ tự đã dùng cho một lệnh khác của máy này."), HIGH, (EVIDENCE,)
    ),
    # Applied, with a word to people.
    Rule("clock_suspect", Fate.FLAG, _("Đồng hồ của máy lệch nhiều hoặc chưa đo được; giờ đã được chỉnh.")),
    Rule("stale_base", Fate.FLAG, _("Lượt này đã thay đổi trên hệ thống sau khi máy tải dữ liệu.")),
    Rule("odometer_lower", Fate.FLAG, _("Số km thấp hơn lần ghi trước. Số của xe được giữ nguyên.")),
    Rule("odometer_implausible", Fate.FLAG, _("Số km tăng quá nhiều so với lần ghi trước.")),
    Rule("battery_low", Fate.FLAG, _("Xe được giao với pin dưới mức tối thiểu.")),
    Rule("contract_replaced", Fate.FLAG, _("Tệp hợp đồng đã được lập lại với cùng nội dung khách đã ký.")),
    Rule("text_differs", Fate.FLAG, _("Văn bản khách vãng lai đã ký khác lời văn hệ thống lập lại.")),
    Rule("record_differs", Fate.FLAG, _("Biên bản ghi nhận khác mã băm đứng trên chữ ký.")),
    Rule(
        "amounts_differ",
        Fate.FLAG,
        _("Số tiền máy cho khách xem khác số tiền hệ thống tính. Khách có 48 giờ để xem lại."),
        consequence=Consequence.RENTER_DECIDES,
    ),
    Rule("fee_recomputed", Fate.FLAG, _("Phí trễ được tính lại theo giờ khách thực sự đưa xe về.")),
    Rule(
        "price_differs",
        Fate.FLAG,
        _("Giá khách đã xem khác giá hệ thống; giá đã xem được giữ."),
        NOTICE,
        (),
        Consequence.MONEY_CASE,
    ),
    Rule(
        "renter_named_otherwise",
        Fate.FLAG,
        _("Tên khách khai khác tên trên tài khoản cùng số điện thoại hoặc email."),
    ),
    Rule("renter_moved", Fate.FLAG, _("Một lượt đặt khác của xe này đã được sắp xếp lại.")),
    Rule("papers_to_review", Fate.FLAG, _("Giấy tờ của khách vãng lai chờ duyệt.")),
    Rule("already_so", Fate.FLAG, _("Hệ thống đã ở trạng thái này trước khi lệnh tới.")),
    Rule("applied_by_person", Fate.FLAG, _("Được áp dụng theo quyết định của một người.")),
)
RULES: Mapping[str, Rule] = {rule.code: rule for rule in _RULES}

# The refusals of the services that a handler calls, and what they mean here.
OF_REFUSALS: Mapping[str, str] = {
    "already_handed_over": "already_handed_over",
    "too_early": "outside_hours",
    "too_late": "outside_hours",
    "not_eligible": "not_eligible",
    "face_not_compared": "face_not_compared",
    "contract_changed": "contract_changed",
    "contract_not_ready": "contract_missing",
    "contract_already_signed": "contract_changed",
    "signed_by_other": "contract_changed",
    "signature_missing": "signature_unusable",
    "signature_too_short": "signature_unusable",
    "not_the_signer": "staff_disabled",
    "not_paid": "money_missing",
    "vehicle_not_ready": "vehicle_not_ready",
    "renter_has_open_rental": "renter_has_open_rental",
    "vehicle_still_out": "vehicle_still_out",
    "inspection_incomplete": "incomplete",
    "note_missing": "incomplete",
    "unknown_code": "incomplete",
    "wrong_station": "other_station",
    "not_out": "already_returned",
    "presented_at_out_of_range": "time_impossible",
    "vehicle_unavailable": "vehicle_promised",
    "payment_already_paid": "cash_twice",
    "cash_amount_changed": "cash_differs",
    "cash_too_little": "cash_differs",
    "cash_drawer_in_use": "drawer_in_use",
    "cash_difference_needs_reason": "drawer_differs",
    "cash_drawer_too_empty": "drawer_too_empty",
    "cash_bag_used": "bag_used",
    "cash_session_not_open": "session_closed",
}
PHOTO_CODES = frozenset(
    {
        "photo_refused", "photo_too_large", "photo_format_unknown", "photo_too_many_pixels", "photo_too_small",
        "photo_damaged",
    }
)  # fmt: skip
# A wait that has lasted a day becomes one of these.
AFTER_A_DAY: Mapping[str, str] = {
    "waiting_files": "files_missing",
    "waiting_predecessor": "predecessor_missing",
    "waiting_pickup": "return_without_pickup",
    "waiting_session": "predecessor_missing",
    "waiting_walk_in": "predecessor_missing",
    "waiting_retry": "could_not_apply",
}


def rule(code: str) -> Rule:
    """Return the rule of a code; one that is not in the table is a plain refusal."""
    return RULES.get(code) or RULES["refused"]


def words_of(code: str) -> str:
    """Say in the reader's language what a code means; nothing for none."""
    return str(rule(code).words) if code else ""


def code_of_refusal(code: str) -> str:
    """Return the rule that a service's refusal falls under."""
    if code in PHOTO_CODES:
        return "file_unusable"
    return OF_REFUSALS.get(code, "refused")
