"""People, their email addresses, second factors and devices, for operators."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.widgets import UnfoldAdminEmailInputWidget

from accounts.users import services, tokens
from accounts.users.forms import clean_name, clean_phone
from accounts.users.models import ApiToken, User
from voltgo.core import clock
from voltgo.core.backoffice.columns import column, link
from voltgo.core.backoffice.pages import OperatorAdmin, RecordAdmin
from voltgo.core.backoffice.steps import ReasonForm, Step

# Ours replace the pages that came with django-allauth.
admin.site.unregister(EmailAddress)
admin.site.unregister(Authenticator)

RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")


class StandingFilter(DropdownFilter):
    """People by what they may do here."""

    title = _("tình trạng")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]) -> list[tuple[str, Any]]:
        return [
            ("blocked", _("bị khóa thuê xe")),
            ("inactive", _("không đăng nhập được")),
            ("staff", _("làm trong trang quản trị")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        conditions: dict[str | None, dict[str, Any]] = {
            "blocked": {"blocked_at__isnull": False},
            "inactive": {"is_active": False},
            "staff": {"is_staff": True},
        }
        return queryset.filter(**conditions.get(self.value(), {}))


class UserForm(forms.ModelForm[User]):
    """A person as an operator may edit them; the password is theirs alone."""

    class Meta:
        model = User
        fields = ("email", "full_name", "phone", "language", "is_active", *RIGHTS)
        widgets = {"email": UnfoldAdminEmailInputWidget}

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_full_name(self) -> str:
        return clean_name(str(self.cleaned_data["full_name"]))

    def clean_phone(self) -> str:
        phone = str(self.cleaned_data["phone"])
        return clean_phone(phone) if phone else ""


USER_STEPS = (
    Step(
        name="block",
        label=_("Khóa thuê xe"),
        hint=_("Người này không đặt và nhận xe được nữa. Họ vẫn đăng nhập được và trả được xe đang thuê."),
        form_class=ReasonForm,
        do=lambda user, by, data: services.block_user(user=user, reason=data["reason"], by=by),
        applies=lambda user: not user.is_blocked,
        permission="accounts.block_user",
        icon="block",
        is_grave=True,
    ),
    Step(
        name="unblock",
        label=_("Mở lại thuê xe"),
        form_class=ReasonForm,
        do=lambda user, by, data: services.unblock_user(user=user, reason=data["reason"], by=by),
        applies=lambda user: user.is_blocked,
        facts=lambda user: [(_("Lý do khóa"), user.blocked_reason)],
        permission="accounts.block_user",
        icon="lock_open",
    ),
    Step(
        name="sign-out-devices",
        label=_("Đăng xuất mọi thiết bị"),
        hint=_("Thu hồi mã truy cập của ứng dụng trên mọi điện thoại. Người này phải đăng nhập lại."),
        form_class=ReasonForm,
        do=lambda user, by, data: tokens.revoke_tokens_of(user=user, reason=data["reason"], by=by),
        applies=lambda user: user.api_tokens.filter(revoked_at=None, expires_at__gt=clock.now()).exists(),
        permission="accounts.revoke_apitoken",
        icon="phonelink_erase",
        is_for_many=False,
    ),
    Step(
        name="remove-second-factor",
        label=_("Gỡ xác thực hai bước"),
        hint=_(
            "Chỉ khi người này đã mất điện thoại và mã khôi phục. Hãy ghi bạn đã nhận ra họ bằng cách nào."
        ),
        form_class=ReasonForm,
        do=lambda user, by, data: services.remove_second_factor(user=user, reason=data["reason"], by=by),
        applies=lambda user: Authenticator.objects.filter(user=user).exists(),
        icon="no_encryption",
        is_grave=True,
        is_for_many=False,
    ),
)


@admin.register(User)
class UserAdmin(OperatorAdmin):
    form = UserForm
    list_display = ("full_name", "email", "phone", "standing", "date_joined")
    list_display_links = ("full_name",)
    list_filter = (StandingFilter, "groups", "language")
    search_fields = ("full_name", "email", "phone", "public_id")
    search_help_text = _("Tên, email, số điện thoại hoặc mã người dùng")
    date_hierarchy = "date_joined"
    ordering = ("-date_joined",)
    filter_horizontal = ("groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("public_id", "full_name", "email", "phone", "language", "born_on")}),
        (_("Thuê xe"), {"fields": ("blocked_at", "blocked_reason")}),
        (_("Đăng nhập"), {"fields": ("is_active", "last_login", "date_joined")}),
        (_("Quyền trong trang quản trị"), {"fields": RIGHTS}),
    )
    add_fieldsets: Any = (
        (None, {"fields": ("email", "full_name", "phone", "language", "is_staff", "groups")}),
    )
    readonly_fields = ("public_id", "born_on", "blocked_at", "blocked_reason", "last_login", "date_joined")
    masked_fields = ("email", "full_name", "phone", "born_on")
    steps = USER_STEPS
    kept_because = _("Chuyến thuê, hợp đồng và thanh toán cũ thuộc về người này; hãy bỏ “được đăng nhập”.")

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[Any, ...]:
        """Only a superuser hands out rights; an address is changed by its owner, who must confirm it."""
        fixed: tuple[str, ...] = ("email",) if obj else ()
        if not request.user.is_superuser:
            fixed += RIGHTS
        return (*fixed, *super().get_readonly_fields(request, obj))

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Nobody changes a person with more rights than their own."""
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return bool(super().has_change_permission(request, obj))

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:  # noqa: FBT001 (Django's signature)
        if isinstance(obj, User) and not change:
            # They choose a password by "forgot password", so nobody else ever knows it.
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    @column(
        _("tình trạng"),
        colours={"blocked": "danger", "inactive": "warning", "staff": "info", "renter": "default"},
    )
    def standing(self, user: User) -> tuple[str, Any]:
        if user.is_blocked:
            return "blocked", _("bị khóa thuê xe")
        if not user.is_active:
            return "inactive", _("không đăng nhập được")
        return ("staff", _("quản trị")) if user.is_staff else ("renter", _("người thuê"))


@admin.register(ApiToken)
class ApiTokenAdmin(RecordAdmin):
    list_display = ("person", "device", "created_at", "last_used_at", "expires_at", "validity")
    list_select_related = ("user",)
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    search_fields = ("user__full_name", "user__email", "user__public_id", "device")
    ordering = ("-created_at",)
    exclude = ("digest",)
    person = link("user", _("người dùng"), order="user__full_name")
    steps = (
        Step(
            name="revoke",
            label=_("Thu hồi"),
            hint=_("Thiết bị này phải đăng nhập lại."),
            form_class=ReasonForm,
            do=lambda token, by, data: tokens.revoke_token(token=token, reason=data["reason"], by=by),
            applies=lambda token: token.revoked_at is None,
            permission="accounts.revoke_apitoken",
            icon="phonelink_erase",
        ),
    )

    @column(_("hiệu lực"), colours={"valid": "success", "revoked": "danger", "expired": "default"})
    def validity(self, token: ApiToken) -> tuple[str, Any]:
        if token.revoked_at:
            return "revoked", _("đã thu hồi")
        return ("valid", _("còn")) if token.expires_at > clock.now() else ("expired", _("hết hạn"))


@admin.register(EmailAddress)
class EmailAddressAdmin(RecordAdmin):
    list_display = ("email", "person", "primary", "verified")
    list_select_related = ("user",)
    list_filter = ("verified", "primary")
    search_fields = ("email", "user__full_name", "user__public_id")
    person = link("user", _("người dùng"), order="user__full_name")


@admin.register(Authenticator)
class AuthenticatorAdmin(RecordAdmin):
    list_display = ("person", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("type",)
    search_fields = ("user__full_name", "user__email", "user__public_id")
    # Holds the secret of the authenticator app.
    exclude = ("data",)
    person = link("user", _("người dùng"), order="user__full_name")
