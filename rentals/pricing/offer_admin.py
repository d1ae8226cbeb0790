"""Add-ons, one-way fees and promotions for operators; what was used of a promotion stands beside it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter

from rentals.pricing.dated_admin import END_STEP, DatedAdmin, DatedForm, ValidityFilter
from rentals.pricing.enums import PromotionUseState
from rentals.pricing.offer_models import AddOn, OneWayFee, Promotion, PromotionUse
from voltgo.core.backoffice.columns import column, dong, link, link_to_list, tag
from voltgo.core.backoffice.pages import OperatorAdmin, RecordAdmin
from voltgo.core.money import format_dong


class AddOnForm(DatedForm):
    same = ("slug",)

    class Meta:
        model = AddOn
        fields = (
            "slug", "kind", "name", "name_en", "description", "description_en", "vehicle_kind", "unit", "amount",
            "cap_amount", "most", "liability_amount", "valid_from", "valid_until",
        )  # fmt: skip


@admin.register(AddOn)
class AddOnAdmin(DatedAdmin):
    form = AddOnForm
    list_display = ("name", "kind", "vehicle_kind", "price", "cap", "most", "valid_from", "valid_until")
    list_filter = (ValidityFilter, ("kind", ChoicesDropdownFilter), ("vehicle_kind", ChoicesDropdownFilter))
    search_fields = ("slug", "name", "name_en")
    ordering = ("kind", "slug", "-valid_from")
    fields = (
        ("slug", "kind"),
        ("name", "name_en"),
        ("description", "description_en"),
        "vehicle_kind",
        ("unit", "amount"),
        ("cap_amount", "most"),
        "liability_amount",
        ("valid_from", "valid_until"),
    )
    steps = (END_STEP,)
    cap = dong("cap_amount", _("tối đa"))

    @column(_("giá"), order="amount")
    def price(self, row: AddOn) -> str:
        return f"{format_dong(row.amount)} {row.get_unit_display()}"


class OneWayFeeForm(DatedForm):
    same = ("vehicle_kind", "origin", "destination")

    class Meta:
        model = OneWayFee
        fields = ("vehicle_kind", "origin", "destination", "amount", "valid_from", "valid_until")


@admin.register(OneWayFee)
class OneWayFeeAdmin(DatedAdmin):
    form = OneWayFeeForm
    list_display = ("route", "vehicle_kind", "fee", "valid_from", "valid_until")
    list_filter = (
        ValidityFilter,
        ("vehicle_kind", ChoicesDropdownFilter),
        ("origin", AutocompleteSelectFilter),
    )
    list_select_related = ("origin", "destination")
    search_fields = ("origin__name", "destination__name")
    autocomplete_fields = ("origin", "destination")
    ordering = ("vehicle_kind", "origin__name", "destination__name")
    fields = ("vehicle_kind", ("origin", "destination"), "amount", ("valid_from", "valid_until"))
    steps = (END_STEP,)
    fee = dong("amount", _("phí"))

    @column(_("chặng"))
    def route(self, row: OneWayFee) -> str:
        anywhere = str(_("mọi trạm"))
        return f"{row.origin or anywhere} → {row.destination or anywhere}"


class PromotionForm(forms.ModelForm[Promotion]):
    class Meta:
        model = Promotion
        fields = (
            "code", "name", "name_en", "percent", "amount", "most_amount", "least_total", "vehicle_kind", "model",
            "city", "is_first_booking_only", "most_uses", "most_uses_each", "valid_from", "valid_until",
            "is_active",
        )  # fmt: skip
        help_texts = {
            "percent": _("Chỉ giảm tiền thuê xe, không giảm dịch vụ thêm."),
            "least_total": _("Mã không làm giá xuống dưới số này, để thuê dài hơn không bao giờ rẻ hơn."),
            "most_uses": _("0: không giới hạn."),
            "most_amount": _("0: không giới hạn."),
        }

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()


@admin.register(Promotion)
class PromotionAdmin(OperatorAdmin):
    """Quotes keep the rules that they were made with; what is changed here holds for new quotes."""

    form = PromotionForm
    list_display = ("code", "name", "off", "used", "given", "valid_from", "valid_until", "is_active")
    list_filter = ("is_active", ("vehicle_kind", ChoicesDropdownFilter), "is_first_booking_only")
    search_fields = ("code", "name", "name_en")
    autocomplete_fields = ("model", "city")
    ordering = ("-valid_from", "code")
    fieldsets = (
        (None, {"fields": ("code", ("name", "name_en"), "is_active")}),
        (_("Mức giảm"), {"fields": (("percent", "amount"), ("most_amount", "least_total"))}),
        (_("Áp dụng cho"), {"fields": (("vehicle_kind", "city"), "model", "is_first_booking_only")}),
        (_("Giới hạn"), {"fields": (("most_uses", "most_uses_each"), "valid_from", "valid_until")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Promotion]:
        in_use = Q(uses__state=PromotionUseState.USED)
        rows: QuerySet[Promotion] = super().get_queryset(request)
        return rows.annotate(
            use_count=Count("uses", filter=in_use), off_sum=Sum("uses__amount", filter=in_use)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may = bool(super().has_delete_permission(request, obj))
        return may and obj is not None and not obj.uses.exists()

    @column(_("giảm"))
    def off(self, row: Promotion) -> str:
        return f"{row.percent} %" if row.percent else format_dong(row.amount)

    @column(_("đã dùng"), order="use_count")
    def used(self, row: Any) -> str:
        limit = f"/{row.most_uses}" if row.most_uses else ""
        return link_to_list(PromotionUse, f"promotion__id__exact={row.pk}", f"{row.use_count}{limit}")

    @column(_("tổng đã giảm"), order="off_sum")
    def given(self, row: Any) -> str:
        return format_dong(row.off_sum or 0)


@admin.register(PromotionUse)
class PromotionUseAdmin(RecordAdmin):
    list_display = ("created_at", "code", "person", "reference", "taken_off", "status")
    list_filter = (("promotion", AutocompleteSelectFilter), ("state", ChoicesDropdownFilter))
    list_select_related = ("promotion", "renter")
    search_fields = ("reference", "promotion__code")
    date_hierarchy = "created_at"
    ordering = ("-created_at",)
    fields = ("promotion", "renter", "reference", "amount", "state", "created_at")
    code = link("promotion", _("khuyến mãi"), order="promotion__code")
    person = link("renter", _("người thuê"))
    taken_off = dong("amount", _("đã giảm"))
    status = tag("state", _("trạng thái"), {PromotionUseState.USED: "success"})
