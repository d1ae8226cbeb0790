"""The admin as a whole: its navigation by people's tasks, its first page, its search."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_stubs_ext import StrOrPromise
from unfold.dataclasses import SearchResult

from accounts.users.models import User
from payments.finance.dashboard import PERMISSION as FINANCE_PERMISSION
from rentals.analytics.attention import count_duties, duties_for
from rentals.analytics.dashboard import dashboard_for
from rentals.bookings.models import Booking
from stations.fleet.models import Vehicle
from voltgo.core import clock
from voltgo.core.backoffice.columns import change_url

SEARCH_RESULTS = 6


@dataclass(frozen=True, slots=True)
class Entry:
    """One link of the navigation: to a model's list, narrowed by a query; the badge counts a duty's rows."""

    model: str
    title: StrOrPromise
    icon: str
    query: str = ""
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Links that belong to one task."""

    title: StrOrPromise
    entries: Sequence[Entry]
    is_folded: bool = True


NAVIGATION: Sequence[Group] = (
    Group(
        _("Hôm nay"),
        (
            Entry("rentals.Booking", _("Cần giao hôm nay"), "logout", "due=today"),
            Entry("rentals.Rental", _("Cần trả hôm nay"), "login", "due=today"),
            Entry("rentals.Rental", _("Quá hạn trả"), "alarm", "due=overdue", badge="overdue"),
            Entry("rentals.Incident", _("Sự cố còn mở"), "report", "open=1", badge="incidents"),
            Entry(
                "accounts.IdentityDocument",
                _("Duyệt giấy tờ"),
                "badge",
                "state__exact=needs_review",
                badge="documents",
            ),
        ),
        is_folded=False,
    ),
    Group(
        _("Trạm và đội xe"),
        (
            Entry("stations.Station", pgettext_lazy("số nhiều", "Trạm"), "store"),
            Entry("stations.Vehicle", pgettext_lazy("số nhiều", "Xe"), "electric_car"),
            Entry("stations.VehicleAllocation", _("Lịch xe"), "calendar_month"),
            Entry("stations.VehicleModel", _("Mẫu xe"), "directions_car"),
            Entry("stations.PreparationRecord", _("Chuẩn bị xe"), "checklist"),
            Entry("stations.ChecklistTemplate", _("Danh mục kiểm tra"), "checklist_rtl"),
            Entry("stations.StaffPost", _("Nhân viên trạm"), "groups"),
            Entry("stations.StationClosure", _("Lần đóng cửa"), "event_busy"),
            Entry("stations.City", _("Thành phố"), "location_city"),
            Entry("stations.Bay", pgettext_lazy("số nhiều", "Chỗ đỗ"), "local_parking"),
            Entry("stations.BayReservation", _("Chỗ đỗ giữ trước"), "local_parking"),
            Entry("stations.MaintenanceTicket", _("Phiếu bảo trì"), "build"),
            Entry("stations.MobileTeam", _("Đội lưu động"), "engineering"),
            Entry("stations.TeamMember", _("Thành viên đội lưu động"), "badge"),
            Entry("stations.ChargingStint", _("Lần sạc"), "ev_station"),
            Entry("stations.VehicleTransfer", _("Điều chuyển xe"), "local_shipping"),
            Entry("stations.Tablet", _("Máy tính bảng"), "tablet"),
            Entry("stations.StaffPin", _("Mã PIN nhân viên"), "pin"),
            Entry("stations.SupplyRule", _("Ngưỡng nguồn xe"), "speed"),
            Entry("stations.SupplyOverride", _("Quyết định nguồn xe"), "gavel"),
            Entry("stations.SupplyStatus", _("Tình trạng nguồn xe"), "monitoring"),
        ),
        is_folded=False,
    ),
    Group(
        _("Đặt và thuê"),
        (
            Entry("rentals.Booking", _("Lượt đặt xe"), "book_online"),
            Entry("rentals.BookingChange", _("Lần đổi lượt đặt"), "swap_horiz"),
            Entry("rentals.AdditionalDriver", _("Người lái thêm"), "group_add"),
            Entry("rentals.WaitlistEntry", _("Danh sách chờ"), "hourglass_top"),
            Entry("rentals.Rental", _("Chuyến thuê"), "key"),
            Entry("rentals.Incident", _("Sự cố"), "report"),
            Entry("rentals.Settlement", _("Quyết toán"), "receipt_long", badge="disputes"),
            Entry("rentals.TrafficFine", _("Phạt nguội"), "speed_camera"),
            Entry(
                "rentals.SyncConflict",
                _("Xung đột đồng bộ"),
                "sync_problem",
                "resolved_at__isnull=True",
                badge="sync",
            ),
            Entry("rentals.SyncCommand", _("Lệnh từ trạm"), "tablet_mac"),
            Entry("rentals.SyncFile", _("Tệp từ trạm"), "attach_file"),
            Entry("rentals.PaperForm", _("Phiếu giấy"), "description"),
            Entry("rentals.Inspection", _("Biên bản kiểm tra"), "fact_check"),
            Entry("rentals.DamageMark", _("Vết hư hại"), "car_crash"),
            Entry("rentals.InspectionPhoto", _("Ảnh kiểm tra"), "photo_library"),
            Entry("rentals.Contract", _("Hợp đồng"), "contract"),
            Entry("rentals.ContractAddendum", _("Phụ lục hợp đồng"), "post_add"),
            Entry("rentals.ContractTemplate", _("Lời văn hợp đồng"), "article"),
            Entry("rentals.ContractSignature", _("Chữ ký"), "signature"),
            Entry("rentals.ContractEvent", _("Bằng chứng"), "link"),
            Entry("rentals.Tariff", _("Bảng giá"), "sell"),
            Entry("rentals.Holiday", _("Ngày lễ"), "celebration"),
            Entry("rentals.PeakHours", _("Giờ cao điểm"), "schedule"),
            Entry("rentals.AddOn", _("Dịch vụ thêm"), "add_circle"),
            Entry("rentals.OneWayFee", _("Phí trả khác trạm"), "alt_route"),
            Entry("rentals.Promotion", _("Khuyến mãi"), "loyalty"),
            Entry("rentals.PromotionUse", _("Lượt dùng khuyến mãi"), "redeem"),
            Entry("rentals.BookingPolicy", _("Chính sách đặt xe"), "policy"),
            Entry("rentals.Quote", _("Báo giá"), "request_quote"),
        ),
        is_folded=False,
    ),
    Group(
        _("Khách hàng"),
        (
            Entry("accounts.User", _("Người dùng"), "person"),
            Entry("accounts.IdentityDocument", _("Giấy tờ"), "id_card"),
            Entry("accounts.DocumentReview", _("Lượt duyệt giấy tờ"), "how_to_reg"),
            Entry("accounts.DocumentExtraction", _("Lượt đọc giấy tờ"), "document_scanner"),
            Entry("accounts.Consent", _("Sự đồng ý"), "task_alt"),
            Entry("accounts.VerificationPolicy", _("Quy định xác minh"), "rule"),
            Entry("accounts.Delivery", _("Nhật ký gửi tin"), "mail"),
            Entry("accounts.NotificationPreference", _("Lựa chọn nhận tin"), "notifications"),
            Entry("accounts.QuietHours", _("Giờ yên tĩnh"), "bedtime"),
            Entry("accounts.PushDevice", _("Thiết bị nhận thông báo"), "smartphone"),
            Entry("accounts.OneTimeCode", _("Mã dùng một lần"), "pin"),
            Entry("rentals.Favourite", _("Mục yêu thích"), "favorite"),
            Entry("rentals.CalendarFeed", _("Lịch iCal"), "event"),
            Entry("accounts.ApiToken", _("Thiết bị đã đăng nhập"), "devices"),
            Entry("account.EmailAddress", _("Địa chỉ email"), "alternate_email"),
            Entry("mfa.Authenticator", _("Xác thực hai bước"), "lock"),
        ),
    ),
    Group(
        _("Tiền"),
        (
            Entry("payments.MoneyCase", _("Việc cần xem về tiền"), "flag", badge="money_cases"),
            Entry("payments.PaymentIntent", _("Yêu cầu thanh toán"), "payments", badge="payments"),
            Entry("payments.Payment", _("Tiền đã nhận"), "paid"),
            Entry("payments.PaymentAttempt", _("Lần thanh toán"), "history"),
            Entry("payments.Deposit", _("Tiền cọc"), "savings"),
            Entry("payments.DepositHold", _("Giữ trên thẻ"), "credit_score"),
            Entry("payments.SavedInstrument", _("Thẻ đã lưu"), "credit_card"),
            Entry("payments.Refund", _("Hoàn tiền"), "currency_exchange", badge="refunds"),
            Entry("payments.CreditPayout", _("Rút số dư"), "wallet", badge="payouts"),
            Entry("payments.TransferBatch", _("Bảng lệnh chuyển tiền"), "playlist_add_check"),
            Entry("payments.Adjustment", _("Điều chỉnh"), "tune", badge="adjustments"),
            Entry("payments.Chargeback", _("Ngân hàng đòi lại"), "report"),
            Entry("payments.Receipt", _("Biên nhận"), "receipt"),
            Entry("payments.EInvoice", _("Hóa đơn điện tử"), "request_page"),
            Entry("payments.EInvoiceBatch", _("Lần xuất hóa đơn"), "outbox"),
            Entry("payments.BuyerDetails", _("Thông tin xuất hóa đơn"), "business_center"),
            Entry("payments.TaxRule", _("Quy tắc thuế"), "percent"),
            Entry("payments.CashDrawer", _("Két tiền"), "point_of_sale"),
            Entry("payments.CashSession", _("Ca két"), "schedule"),
            Entry("payments.CashMovement", _("Thu chi tiền mặt"), "local_atm"),
            Entry("payments.CashDrop", _("Túi nộp ngân hàng"), "savings"),
            Entry(
                "payments.ReconciliationItem", _("Chênh lệch đối soát"), "rule", "open=1", badge="differences"
            ),
            Entry("payments.ReconciliationRun", _("Lần đối soát"), "fact_check"),
            Entry("payments.StatementFile", _("Tệp đối soát"), "upload_file"),
            Entry("payments.StatementLine", _("Dòng đối soát"), "list_alt"),
            Entry("payments.BankLine", _("Dòng sao kê"), "receipt_long", badge="suspense"),
            Entry("payments.ProviderPayout", _("Cổng thanh toán chuyển tiền"), "move_to_inbox"),
            Entry("payments.ReconciliationResolution", _("Cách xử lý chênh lệch"), "gavel"),
            Entry("payments.FeeRule", _("Biểu phí cổng thanh toán"), "percent"),
            Entry("payments.LedgerEntry", _("Bút toán"), "menu_book"),
            Entry("payments.LedgerAccount", _("Tài khoản sổ cái"), "account_balance"),
            Entry("payments.OutboundCall", _("Lệnh gửi cổng thanh toán"), "call_made"),
            Entry("payments.ProviderEvent", _("Tin từ cổng thanh toán"), "call_received"),
            Entry("payments.RejectedEvent", _("Tin bị từ chối"), "gpp_bad"),
        ),
    ),
    Group(
        _("Hệ thống"),
        (
            Entry("core.AuditEvent", _("Nhật ký kiểm toán"), "policy"),
            Entry("core.StateEvent", _("Bước trạng thái"), "timeline"),
            Entry("rentals.SyncEpoch", _("Thời kỳ đồng bộ"), "update"),
            Entry("core.OutboxMessage", _("Việc nền"), "sync", badge="jobs"),
            Entry("auth.Group", _("Nhóm quyền"), "admin_panel_settings"),
        ),
    ),
)


BADGES = frozenset(entry.badge for group in NAVIGATION for entry in group.entries if entry.badge)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the groups with what this person may open; one query for the badges."""
    user: Any = request.user
    is_home = request.path == reverse("admin:index")
    badges = _counts(request, user.get_all_permissions(), only=None if is_home else BADGES)
    first = {
        "title": _("Tổng quan"),
        "icon": "dashboard",
        "link": reverse("admin:index"),
        "active": is_home,
    }
    firsts = [first]
    if user.has_perm(FINANCE_PERMISSION):
        finance = reverse("finance")
        is_open = request.path == finance
        firsts.append({"title": _("Tài chính"), "icon": "monitoring", "link": finance, "active": is_open})
    groups: list[dict[str, Any]] = [{"items": firsts}]
    for group in NAVIGATION:
        items = [
            _item(request, entry, badges)
            for entry in group.entries
            if admin.site.get_model_admin(apps.get_model(entry.model)).has_view_permission(request)
        ]
        if items:
            groups.append({"title": group.title, "collapsible": group.is_folded, "items": items})
    return groups


def _counts(request: Any, permissions: set[str], *, only: Collection[str] | None) -> Mapping[str, int]:
    """Count a person's duties once per request: the first page shows all of them, the others the badges."""
    duties = [duty for duty in duties_for(permissions) if only is None or duty.code in only]
    request.duty_counts = count_duties(duties, now=clock.now())
    counts: Mapping[str, int] = request.duty_counts
    return counts


def _item(request: HttpRequest, entry: Entry, badges: Mapping[str, int]) -> dict[str, Any]:
    app, _dot, model = entry.model.lower().partition(".")
    url = reverse(f"admin:{app}_{model}_changelist")
    item: dict[str, Any] = {
        "title": entry.title,
        "icon": entry.icon,
        "link": f"{url}?{entry.query}" if entry.query else url,
        "active": request.path.startswith(url) and entry.query in request.GET.urlencode(),
    }
    if not entry.query and _is_narrowed_by_another(request, entry, url):
        item["active"] = False
    if badges.get(entry.badge):
        item |= {"badge": badges[entry.badge], "badge_variant": "warning"}
    return item


def _is_narrowed_by_another(request: HttpRequest, entry: Entry, url: str) -> bool:
    """Say whether another link names exactly the list that is open, so that only one is marked."""
    if request.path != url:
        return False
    asked = request.GET.urlencode()
    others = (other for group in NAVIGATION for other in group.entries if other.model == entry.model)
    return any(other.query and other.query in asked for other in others)


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the first page's figures to its context."""
    user: Any = request.user
    page = dashboard_for(
        user.get_all_permissions(),
        # Counted for the navigation a moment ago.
        counts=getattr(request, "duty_counts", None),
        station_code=request.GET.get("station", ""),
    )
    return {**context, "title": _("Tổng quan"), "page": page}


def stylesheet(_request: HttpRequest) -> str:
    return static("css/admin.css")


def script(_request: HttpRequest) -> str:
    return static("js/admin.js")


def favicon(_request: HttpRequest) -> str:
    return static("favicon.svg")


def search(request: HttpRequest, term: str) -> list[SearchResult]:
    """Find vehicles by plate, bookings by code and people by name, email or phone, for the quick search."""
    user: Any = request.user
    found: list[Any] = []
    if user.has_perm("stations.view_vehicle"):
        plates = Vehicle.objects.filter(plate__icontains=term).select_related("model", "station")
        found += [(row, str(row), str(row.station), "electric_car") for row in plates[:SEARCH_RESULTS]]
    if user.has_perm("rentals.view_booking"):
        codes = Booking.objects.filter(code__icontains=term).select_related("renter")
        found += [(row, row.code, str(row.renter), "book_online") for row in codes[:SEARCH_RESULTS]]
    if user.has_perm("accounts.view_user"):
        named = Q(full_name__icontains=term) | Q(email__icontains=term) | Q(phone__icontains=term)
        people = User.objects.filter(named).order_by("full_name")
        found += [(row, row.full_name, row.email, "person") for row in people[:SEARCH_RESULTS]]
    return [
        SearchResult(title=title, description=detail, link=change_url(row), icon=icon)
        for row, title, detail, icon in found
    ]
