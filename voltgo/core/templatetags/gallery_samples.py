"""Made-up data for the gallery of components; no page of the portal uses it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms, template
from django.core.paginator import Paginator
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from voltgo.core.clock import LOCAL_ZONE, now

register = template.Library()

START = datetime(2026, 11, 23, 8, tzinfo=LOCAL_ZONE)
QR_SVG = mark_safe(
    '<svg viewBox="0 0 9 9" xmlns="http://www.w3.org/2000/svg" shape-rendering="crispEdges">'
    '<path d="M0 0h3v3H0zM6 0h3v3H6zM0 6h3v3H0zM4 1h1v2H4zM3 4h2v1H3zM6 4h1v2H6zM8 5h1v2H8zM4 7h2v2H4zM7 8h1v1H7z"/></svg>'
)


class SampleForm(forms.Form):
    """One field of each shape."""

    full_name = forms.CharField(label=_("Họ và tên"), help_text=_("Như trên giấy phép lái xe"))
    phone = forms.CharField(
        label=_("Số điện thoại"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    starts_on = forms.DateField(
        label=_("Ngày nhận"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    starts_at = forms.ChoiceField(
        label=_("Giờ nhận"),
        choices=[
            (f"{hour:02}:{minute:02}", f"{hour:02}:{minute:02}")
            for hour in range(6, 22)
            for minute in (0, 30)
        ],
    )
    odometer_km = forms.IntegerField(label=_("Số km trên đồng hồ"), min_value=0)
    photo = forms.FileField(label=_("Giấy phép lái xe"), required=False)
    note = forms.CharField(label=_("Ghi chú"), widget=forms.Textarea(attrs={"rows": 3}), required=False)
    insurance = forms.ChoiceField(
        label=_("Gói bảo hiểm"),
        choices=[("basic", _("Cơ bản")), ("plus", _("Mở rộng"))],
        widget=forms.RadioSelect,
    )
    extras = forms.MultipleChoiceField(
        label=_("Đồ mượn kèm"),
        choices=[("seat", _("Ghế trẻ em")), ("helmet", _("Mũ bảo hiểm"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    terms = forms.BooleanField(label=_("Tôi đồng ý điều khoản thuê xe"))


@register.simple_tag
def gallery_samples() -> dict[str, Any]:
    """Return one of everything that a component can be given."""
    return {
        "form": SampleForm(),
        "bad_form": SampleForm({"full_name": "", "phone": "0901 234 567", "odometer_km": "-3"}, prefix="bad"),
        "start": START,
        "end": START + timedelta(hours=10),
        "next_day": START + timedelta(hours=30),
        "soon": now() + timedelta(minutes=9, seconds=30),
        "page": Paginator(range(60), 20).page(2),
        "price_lines": [
            {"label": _("Thuê 10 giờ"), "detail": _("65.000 ₫ mỗi giờ"), "amount": 650_000},
            {"label": _("Giảm giờ thấp điểm"), "amount": -65_000},
            {"label": _("Bảo hiểm"), "amount": 40_000},
            {"label": _("Thuế GTGT 8%"), "amount": 50_000},
        ],
        "deposit": [{"label": _("Cọc, hoàn lại khi trả xe"), "amount": 2_000_000}],
        "facts": [
            {"label": _("Biển số"), "value": "51K-123.45"},
            {"label": _("Số chỗ"), "value": 5},
            {"label": _("Quãng đường"), "value": _("280 km mỗi lần sạc")},
        ],
        "steps": [
            {"label": _("Tìm trạm"), "href": "#steps"},
            {"label": _("Chọn xe"), "href": "#steps"},
            {"label": _("Đặt xe")},
            {"label": _("Thanh toán")},
        ],
        "tabs": [
            {"label": _("Danh sách"), "href": "#tabs", "current": True, "count": 8},
            {"label": _("Bản đồ"), "href": "#tabs", "current": False},
        ],
        "payment_methods": [
            {"value": "vnpay", "label": "VNPay", "hint": _("Thẻ nội địa, thẻ quốc tế, QR")},
            {
                "value": "station",
                "label": _("Trả tại trạm"),
                "hint": _("Tiền mặt hoặc chuyển khoản"),
                "aside": "0 ₫",
            },
            {"value": "points", "label": _("Điểm thưởng"), "hint": _("Bạn chưa có điểm"), "disabled": True},
        ],
        "sorts": [{"value": "near", "label": _("Gần nhất")}, {"value": "cheap", "label": _("Rẻ nhất")}],
        "states": [
            {"label": _("Đã giữ xe"), "at": START - timedelta(days=1), "status": "done"},
            {"label": _("Đã thanh toán"), "at": START - timedelta(hours=20), "status": "done"},
            {"label": _("Chờ nhận xe"), "note": _("Mang theo giấy phép lái xe"), "status": "current"},
            {"label": _("Trả xe"), "status": "todo"},
        ],
        "stations": [
            {
                "name": "Trạm Quận 1",
                "lat": 10.7769,
                "lon": 106.7009,
                "free": 8,
                "url": "#map",
                "address": "12 Lê Lợi",
            },
            {
                "name": "Trạm Thủ Đức",
                "lat": 10.8506,
                "lon": 106.7719,
                "free": 2,
                "url": "#map",
                "address": "1 Võ Văn Ngân",
            },
            {
                "name": "Trạm Tân Bình",
                "lat": 10.8015,
                "lon": 106.6526,
                "free": 0,
                "url": "#map",
                "address": "30 Cộng Hòa",
            },
        ],
        "marks": '[{"x": 300, "y": 240, "part": "right_front"}]',
        "qr": QR_SVG,
        "icons": (
            "arrow-left arrow-right ban banknote battery-charging battery-full battery-low battery-medium bell "
            "calendar-clock calendar-days camera car check chevron-down chevron-left chevron-right circle-check "
            "circle-dashed circle-dot circle-x clipboard-check clock credit-card download file-text gauge globe history "
            "house id-card image info key-round life-buoy list locate-fixed lock log-in log-out mail map map-pin minus "
            "moon motorbike navigation pen-line phone plug-zap plus printer qr-code receipt refresh-cw route "
            "scan-qr-code scooter search shield-check sliders-horizontal star sun ticket timer trash-2 triangle-alert "
            "undo-2 user user-check users wallet wifi wifi-off wrench x zap"
        ).split(),
    }
