"""What audit events are called for people; the log itself keeps its short names."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from voltgo.core import clock
from voltgo.core.money import format_dong

ACTIONS: Mapping[str, StrOrPromise] = {
    "adjustment.booked": _("ghi sổ điều chỉnh"),
    "adjustment.rejected": _("từ chối điều chỉnh"),
    "adjustment.requested": _("đề nghị điều chỉnh"),
    "bank_line.decided": _("kết luận dòng sao kê"),
    "bank_line.decision_asked": _("đề nghị xử lý dòng sao kê"),
    "bank_line.decision_refused": _("không đồng ý cách xử lý dòng sao kê"),
    "bank_line.goes_back": _("trả lại tiền chưa rõ của ai"),
    "bay.released": _("bỏ giữ chỗ đỗ"),
    "booking.awaited": _("chờ khách thêm"),
    "booking.change": _("đổi lượt đặt xe"),
    "booking.extension": _("gia hạn chuyến thuê"),
    "booking.limits_waived": _("cho đặt vượt hạn mức"),
    "booking.moved": _("xếp sang xe khác"),
    "booking.protected": _("lo liệu cho khách bị ảnh hưởng"),
    "calendar.issued": _("tạo địa chỉ lịch"),
    "calendar.revoked": _("thu hồi địa chỉ lịch"),
    "cash.counted": _("kiểm két"),
    "cash.drop_refused": _("nộp tiền bị từ chối"),
    "cash.reconciled": _("đối chiếu ca két"),
    "cash.recounted": _("kiểm két lại"),
    "cash.slip_mailed": _("gửi phiếu thu qua email"),
    "checklist.edited": _("soạn danh mục kiểm tra"),
    "checklist.published": _("ban hành danh mục kiểm tra"),
    "checklist.retired": _("ngừng dùng danh mục kiểm tra"),
    "checklist.started": _("bắt đầu bản nháp danh mục kiểm tra"),
    "code.confirmed": _("xác nhận bằng mã một lần"),
    "code.sent": _("gửi mã một lần"),
    "consent.given": _("đồng ý xử lý dữ liệu"),
    "consent.withdrawn": _("rút lại đồng ý xử lý dữ liệu"),
    "contract.amended": _("lập phụ lục hợp đồng"),
    "contract.read": _("đọc hợp đồng"),
    "contract.rendered_again": _("tạo lại tệp hợp đồng"),
    "contract.sent_again": _("gửi lại hợp đồng"),
    "credit.spent": _("dùng số dư VoltGo"),
    "credit_payout.cancelled": _("hủy rút số dư"),
    "credit_payout.requested": _("yêu cầu rút số dư"),
    "credit_payout.transferred": _("đã chuyển số dư rút"),
    "damage.removed": _("xóa vết hư hại"),
    "delivery.sent_again": _("gửi lại tin"),
    "demo.seeded": _("tạo dữ liệu mẫu"),
    "deposit.captured": _("trừ vào tiền cọc"),
    "deposit.hold_asked": _("giữ cọc trên thẻ ngay"),
    "deposit.retained": _("giữ lại một phần cọc chờ phạt nguội"),
    "deposit.retention_over": _("hết hạn giữ lại tiền cọc"),
    "deposit.waived": _("miễn tiền cọc"),
    "document.approved": _("chấp nhận giấy tờ"),
    "document.face_doubted": _("khuôn mặt không khớp tại quầy"),
    "document.first_look": _("duyệt giấy tờ lần một"),
    "document.images_erased": _("xóa ảnh giấy tờ"),
    "document.number_read": _("đọc số giấy tờ"),
    "document.rejected": _("từ chối giấy tờ"),
    "document.revoked": _("thu hồi giấy tờ"),
    "document.submitted": _("gửi giấy tờ"),
    "document.viewed": _("xem ảnh giấy tờ"),
    "driver.invited": _("mời người lái thêm"),
    "einvoices.answered": _("nhập trả lời hóa đơn điện tử"),
    "einvoices.exported": _("xuất dữ liệu hóa đơn điện tử"),
    "fine.evidence_added": _("thêm bằng chứng phạt nguội"),
    "fines.imported": _("nhập danh sách phạt nguội"),
    "identity.erased": _("xóa dữ liệu giấy tờ"),
    "identity.exported": _("tải về dữ liệu giấy tờ"),
    "incident.noted": _("ghi thêm vào sự cố"),
    "instrument.forgotten": _("bỏ thẻ đã lưu"),
    "money_case.resolved": _("xử lý xong việc về tiền"),
    "outbox.revived": _("chạy lại việc nền"),
    "payment.review_settled": _("kết luận giao dịch cần xem"),
    "pin.refused": _("nhập sai mã PIN"),
    "pin.removed": _("xóa mã PIN"),
    "pin.set": _("đặt mã PIN"),
    "pin.unlocked": _("mở lại mã PIN"),
    "policy.ended": _("kết thúc chính sách"),
    "policy.succeeded": _("lập chính sách kế tiếp"),
    "receipt.pdf_asked_for": _("tạo lại tệp biên nhận"),
    "reconciliation.file_taken_in": _("nhập tệp đối soát"),
    "reconciliation.resolved": _("xử lý chênh lệch đối soát"),
    "reconciliation.statement_confirmed": _("xác nhận sao kê của người khác"),
    "reconciliation.statement_taken_in": _("nhập sao kê"),
    "refund.approved": _("duyệt hoàn tiền"),
    "refund.by_hand": _("chuyển hoàn tiền sang làm tay"),
    "refund.came_back": _("tiền hoàn quay lại"),
    "refund.paid_in_cash": _("trả tiền mặt tại quầy"),
    "refund.payee_named": _("ghi tài khoản nhận hoàn"),
    "refund.rejected": _("từ chối hoàn tiền"),
    "refund.to_credit": _("hoàn vào số dư"),
    "refund.transferred": _("đã chuyển khoản hoàn tiền"),
    "inspection.as_found": _("giữ chỉ số như đã ký khi mất mạng"),
    "rental.as_found": _("ghi nhận dù chưa đúng điều kiện"),
    "rental.papers_checked": _("đối chiếu giấy tờ khi giao xe"),
    "rental.presented": _("xe về trạm"),
    "rental.presented_corrected": _("sửa giờ xe về"),
    "rental.return_cancelled": _("hủy phần trả xe mở nhầm"),
    "rental.vehicle_swapped": _("đổi xe khi giao"),
    "settlement.resolved": _("giải quyết khiếu nại"),
    "staff_post.ended": _("kết thúc vị trí"),
    "supply.overridden": _("quyết định thay ngưỡng nguồn xe"),
    "supply.override_ended": _("kết thúc quyết định nguồn xe"),
    "tablet.enrolled": _("ghi danh máy tính bảng"),
    "tablet.reinstated": _("khôi phục máy tính bảng"),
    "tablet.revoked": _("thu hồi máy tính bảng"),
    "tariff.succeeded": _("lập bảng giá kế tiếp"),
    "taxrule.ended": _("kết thúc quy tắc thuế"),
    "taxrule.succeeded": _("lập quy tắc thuế kế tiếp"),
    "team_member.ended": _("rời đội lưu động"),
    "ticket.accepted": _("nhận việc sửa xe"),
    "ticket.assigned": _("giao việc sửa xe"),
    "ticket.on_the_way": _("lên đường sửa xe"),
    "ticket.photographed": _("thêm ảnh vào phiếu bảo trì"),
    "ticket.reported": _("báo lỗi xe"),
    "token.issued": _("cấp mã truy cập"),
    "token.revoked": _("thu hồi mã truy cập"),
    "transfer_batch.exported": _("tải bảng lệnh chuyển tiền"),
    "transfer_batch.made": _("lập bảng lệnh chuyển tiền"),
    "transfer_batch.taken_out": _("rút khoản khỏi bảng lệnh"),
    "user.blocked": _("chặn người dùng"),
    "user.invited": _("mở tài khoản cho khách"),
    "user.profile_changed": _("sửa hồ sơ"),
    "user.second_factor_removed": _("gỡ xác thực hai bước"),
    "user.unblocked": _("bỏ chặn người dùng"),
    "vehicle.arrived": _("xe đến trạm"),
    "vehicle.back_in_service": _("phục vụ trở lại"),
    "vehicle.out_of_service": _("ngừng phục vụ xe"),
    "vehicle.parked": _("ghi chỗ đỗ của xe"),
    "vehicle.plugged_in": _("cắm sạc"),
    "vehicle.readings": _("ghi số km và pin"),
    "vehicle.relocated": _("điều chuyển xe"),
    "vehicle.time_blocked": _("chặn thời gian của xe"),
    "vehicle.time_unblocked": _("bỏ chặn thời gian của xe"),
    "vehicle.unparked": _("xe rời chỗ đỗ"),
    "vehicle.unplugged": _("rút sạc"),
    "verification_policy.laid_down": _("lập quy định xác minh"),
    "paper.entered": _("nhập phiếu giấy"),
    "paper.printed": _("in phiếu giấy"),
    "sync.file_taken_in": _("nhận tệp do máy tính bảng lưu ra"),
    "sync.new_epoch": _("bắt đầu thời kỳ đồng bộ mới"),
    "sync.noted": _("ghi chú tại quầy"),
    "sync.paper_seen": _("xem ảnh giấy tờ trong lệnh từ trạm"),
    "sync.resolved": _("xử lý lệnh từ trạm"),
    "sync.forgotten": _("xóa nội dung lệnh đã xong"),
    "vehicle.ready_as_found": _("coi là sẵn sàng vì xe đã đi"),
    "walk_in.found": _("tra khách tại quầy"),
    "walk_in.as_shown": _("giá khách vãng lai như đã xem"),
    "walk_in.held": _("giữ xe tại quầy"),
    "wording.edited": _("soạn lời văn hợp đồng"),
    "wording.previewed": _("xem thử lời văn trên một lượt đặt"),
    "wording.published": _("ban hành lời văn hợp đồng"),
    "wording.retired": _("ngừng dùng lời văn hợp đồng"),
    "wording.started": _("bắt đầu bản nháp lời văn"),
}
VERBS: Mapping[str, StrOrPromise] = {
    "added": _("thêm %(what)s"),
    "changed": _("sửa %(what)s"),
    "deleted": _("xóa %(what)s"),
    "ended": _("kết thúc %(what)s"),
}
# What `changes` holds besides columns of the row.
DETAILS: Mapping[str, StrOrPromise] = {
    "amount": _("số tiền"),
    "booking": _("lượt đặt xe"),
    "contradictions": _("khác với tài khoản"),
    "device": _("thiết bị"),
    "ending": _("kết quả"),
    "ends_at": _("đến"),
    "incident": _("sự cố"),
    "ip_address": _("địa chỉ IP"),
    "level": _("mức"),
    "lines": _("số dòng"),
    "change": _("lần đổi"),
    "pickup": _("trạm nhận"),
    "plate": _("biển số"),
    "quote": _("báo giá"),
    "renter": _("người thuê"),
    "return": _("trạm trả"),
    "starts_at": _("từ"),
    "station": _("trạm"),
    "total": _("tiền thuê"),
    "until": _("đến"),
    "vehicle": _("xe"),
    "channel": _("cách gửi"),
    "copy": _("bản gửi lại"),
    "driver": _("người lái thêm"),
    "fields": _("mục đã sửa"),
    "language": _("ngôn ngữ"),
    "own_draft": _("người soạn tự ban hành"),
    "papers": _("giấy tờ"),
    "purpose": _("mục đích"),
    "side": _("mặt giấy tờ"),
    "source": _("soạn từ"),
    "user": _("người dùng"),
    "bay": _("chỗ đỗ"),
    "count": _("số lượng"),
    "percent": _("pin (%)"),
    "severity": _("mức độ"),
    "stage": _("chụp"),
    "team": _("đội lưu động"),
    "technician": _("kỹ thuật viên"),
}
VALUES: Mapping[str, Mapping[str, StrOrPromise]] = {
    "own_draft": {"True": _("có"), "False": _("không")},
    "ending": {
        "moved": _("đổi sang xe cùng mẫu"),
        "upgraded": _("nâng hạng"),
        "withdrawn": _("hủy và hoàn tiền"),
        "undecided": _("chờ vận hành quyết định"),
        "at_counter": _("đang giao tại quầy"),
    },
    "purpose": {
        "own": _("xem giấy tờ của chính mình"),
        "review": _("duyệt giấy tờ"),
        "counter": _("đối chiếu tại trạm"),
        "contract": _("lập hợp đồng"),
        "identity": _("kiểm tra giấy tờ"),
        "biometrics": _("so khuôn mặt bằng máy"),
        "cross_border": _("đọc giấy tờ bằng dịch vụ ở nước ngoài"),
        "sign_contract": _("ký hợp đồng"),
        "drive_along": _("nhận làm người lái cùng"),
    },
    "side": {"front": _("mặt trước"), "back": _("mặt sau")},
    "severity": {"safety": _("mất an toàn"), "major": _("nặng"), "minor": _("nhẹ")},
    "stage": {"report": _("lúc báo"), "work": _("lúc sửa")},
    "level": {"normal": _("bình thường"), "narrow": _("hạn chế"), "stopped": _("tạm dừng")},
}
AMOUNTS = frozenset({"amount", "total"})
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(\+\d\d:\d\d|Z)")


def name_of_action(action: str) -> str:
    """Say an event's name in words; one that has none stays as it is."""
    if action in ACTIONS:
        return str(ACTIONS[action])
    subject, _dot, verb = action.rpartition(".")
    model = _model_name(subject)
    return str(VERBS[verb]) % {"what": model} if verb in VERBS and model else action


def _model_name(subject: str) -> str:
    """Return how a model is called: `stations.vehicle`, or only `addon`."""
    name = subject.rpartition(".")[2]
    found = [model for model in apps.get_models() if model._meta.model_name == name]
    return str(found[0]._meta.verbose_name) if len(found) == 1 else ""


def name_of_detail(name: str) -> str:
    return str(DETAILS.get(name, name))


def value_in_words(name: str, value: Any) -> str:
    """Print one value of an event: moments in Vietnam's time, known words as people say them."""
    if value is None or value in ("", [], {}):
        return "–"
    if isinstance(value, list):
        return ", ".join(value_in_words(name, each) for each in value)
    said = VALUES.get(name, {}).get(str(value), str(value))
    if isinstance(value, str) and MOMENT.fullmatch(value):
        said = f"{clock.local(datetime.fromisoformat(value)):%H:%M %d/%m/%Y}"
    if name in AMOUNTS and str(value).isdigit():
        said = format_dong(int(value))
    return str(said)
