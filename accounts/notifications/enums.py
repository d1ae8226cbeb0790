"""The kinds of messages that VoltGo sends."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageKind(models.TextChoices):
    """What is told; accounts/notifications/kinds.py says how.

    Each kind has its texts in templates/emails/<kind>/: subject.txt, body.txt and body.html. A kind that goes by
    SMS or push has a short text in templates/texts/<kind>.txt: a title, and below it one or two sentences.
    """

    DOCUMENT_APPROVED = "document_approved", _("giấy tờ được duyệt")
    DOCUMENT_REJECTED = "document_rejected", _("giấy tờ cần chụp lại")
    DOCUMENT_EXPIRED = "document_expired", _("giấy tờ hết hạn")
    DOCUMENT_EXPIRING = "document_expiring", _("giấy tờ sắp hết hạn")
    BOOKING_CONFIRMED = "booking_confirmed", _("đặt xe thành công")
    BOOKING_CANCELLED = "booking_cancelled", _("hủy đặt xe")
    BOOKING_NO_SHOW = "booking_no_show", _("không đến nhận xe")
    DEPOSIT_NEEDED = "deposit_needed", _("cần đặt cọc bằng cách khác")
    LATE_PAYMENT_REFUNDED = "late_payment_refunded", _("hoàn tiền thanh toán trễ")
    MONEY_BACK = "money_back", _("tiền đã hoàn")
    REFUND_NEEDS_ACCOUNT = "refund_needs_account", _("cần tài khoản để hoàn tiền")
    CONTRACT_SIGNED = "contract_signed", _("hợp đồng đã ký")
    CONTRACT_AMENDED = "contract_amended", _("phụ lục hợp đồng")
    SETTLEMENT_READY = "settlement_ready", _("quyết toán chuyến thuê")
    RECEIPT_ISSUED = "receipt_issued", _("biên nhận")
    CASH_RECEIPT = "cash_receipt", _("phiếu thu tiền mặt")
    CASH_VARIANCE = "cash_variance", _("chênh lệch két tiền")

    # Bookings in full.
    BOOKING_CHANGED = "booking_changed", _("đổi lượt đặt xe")
    BOOKING_CHANGE_REFUNDED = "booking_change_refunded", _("hoàn tiền đổi lượt đặt")
    RENTAL_EXTENDED = "rental_extended", _("gia hạn chuyến thuê")
    PICKUP_REMINDER = "pickup_reminder", _("nhắc nhận xe")
    RETURN_REMINDER = "return_reminder", _("nhắc trả xe")
    RETURN_DUE = "return_due", _("đến giờ trả xe")
    RETURN_OVERDUE = "return_overdue", _("trả xe trễ")
    RETURN_ESCALATED = "return_escalated", _("trả xe trễ nghiêm trọng")
    VEHICLE_REASSIGNED = "vehicle_reassigned", _("đổi xe khác")
    VEHICLE_UPGRADED = "vehicle_upgraded", _("nâng hạng xe")
    BOOKING_WITHDRAWN = "booking_withdrawn", _("VoltGo phải hủy lượt đặt")
    WAITLIST_OFFER = "waitlist_offer", _("có xe cho bạn")
    WAITLIST_LAPSED = "waitlist_lapsed", _("đã lỡ lượt chờ xe")
    SUPPLY_CHANGED = "supply_changed", _("nguồn xe của trạm thay đổi")
    DRIVER_ANSWERED = "driver_answered", _("người lái thêm trả lời")
    FINE_RECEIVED = "fine_received", _("phạt nguội")
    FINE_DECIDED = "fine_decided", _("trả lời về phạt nguội")
    INCIDENT_OPENED = "incident_opened", _("sự cố cần xử lý")


class Channel(models.TextChoices):
    """The ways to a person. In-app is the list of messages in the account, which everything is in."""

    EMAIL = "email", _("email")
    SMS = "sms", _("tin nhắn SMS")
    PUSH = "push", _("thông báo trên điện thoại")


class DeliveryState(models.TextChoices):
    QUEUED = "queued", _("chờ gửi")
    SENT = "sent", _("đã gửi")
    SKIPPED = "skipped", _("không gửi")
    FAILED = "failed", _("gửi không được")


class Topic(models.TextChoices):
    """What people choose by. Money, contracts and safety are always mailed."""

    BOOKINGS = "bookings", _("lượt đặt và thay đổi")
    REMINDERS = "reminders", _("nhắc nhận và trả xe")
    WAITLIST = "waitlist", _("danh sách chờ")
    PAPERS = "papers", _("giấy tờ")
    MONEY = "money", _("thanh toán và hợp đồng")
    STAFF = "staff", _("việc của trạm")


class Failure(models.TextChoices):
    """Why a message has not left by a channel. Kept in the log, so it says nothing about the person."""

    NOT_WANTED = "not_wanted", _("người nhận không muốn nhận qua kênh này")
    NO_PROVIDER = "no_provider", _("chưa có nhà cung cấp cho kênh này")
    NO_ADDRESS = "no_address", _("không có địa chỉ, số điện thoại hoặc thiết bị để gửi")
    TOO_LATE = "too_late", _("đã quá lúc tin còn ý nghĩa")
    OUTDATED = "outdated", _("tin mới hơn đã thay thế")
    REFUSED = "refused", _("nơi nhận từ chối")
    GAVE_UP = "gave_up", _("thử nhiều lần không được")
