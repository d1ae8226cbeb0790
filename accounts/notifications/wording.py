"""Words about messages: what a topic covers."""

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.notifications.enums import Topic

COVERS: dict[str, StrOrPromise] = {
    Topic.BOOKINGS: _("Xác nhận, thay đổi, gia hạn, hủy và đổi xe."),
    Topic.REMINDERS: _("Trước giờ nhận và trả xe, và khi xe trả trễ."),
    Topic.WAITLIST: _("Khi có xe cho bạn, hoặc lượt chờ kết thúc."),
    Topic.PAPERS: _("Kết quả kiểm tra và giấy tờ hết hạn."),
    Topic.MONEY: _("Hoàn tiền, hợp đồng, quyết toán và biên nhận."),
    Topic.STAFF: _("Khi nguồn xe của trạm bạn trực thay đổi."),
}
