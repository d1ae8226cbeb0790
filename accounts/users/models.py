"""The user and the tokens of their devices."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from voltgo.core import clock
from voltgo.core.codes import new_code


def new_public_id() -> str:
    return new_code("U", 10)


class UserManager(BaseUserManager["User"]):
    """Creates users by email."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person with a sign-in: renter, owner, member of staff or operator, or several of these."""

    class Language(models.TextChoices):
        VIETNAMESE = "vi", _("Tiếng Việt")
        ENGLISH = "en", _("Tiếng Anh")

    public_id = models.CharField(
        _("mã người dùng"), max_length=16, unique=True, default=new_public_id, editable=False
    )
    email = models.EmailField(_("email"), unique=True)
    full_name = models.CharField(_("họ và tên"), max_length=120)
    phone = models.CharField(_("số điện thoại"), max_length=20, blank=True)
    born_on = models.DateField(_("ngày sinh"), null=True, blank=True, help_text=_("Lấy từ giấy tờ đã duyệt."))
    language = models.CharField(_("ngôn ngữ"), max_length=2, choices=Language, default=Language.VIETNAMESE)
    is_active = models.BooleanField(_("được đăng nhập"), default=True)
    is_staff = models.BooleanField(_("được vào trang quản trị"), default=False)
    blocked_at = models.DateTimeField(_("bị chặn lúc"), null=True, blank=True)
    blocked_reason = models.CharField(_("lý do chặn"), max_length=200, blank=True)
    date_joined = models.DateTimeField(_("tham gia lúc"), default=clock.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["full_name"]

    class Meta:
        verbose_name = _("người dùng")
        verbose_name_plural = _("người dùng")
        permissions: ClassVar = [("block_user", _("Khóa và mở lại việc thuê xe của người dùng"))]
        constraints: ClassVar = [
            # One account per address, whatever the case it was typed in.
            models.UniqueConstraint(Lower("email"), name="user_email_unique_any_case"),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    @property
    def is_blocked(self) -> bool:
        return self.blocked_at is not None

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        """The given name, which stands last in a Vietnamese name."""
        return self.full_name.split()[-1] if self.full_name else self.email


class ApiToken(models.Model):
    """One signed-in mobile device. Only the hash of its token is kept, so a stolen table opens nothing."""

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="api_tokens", verbose_name=_("người dùng")
    )
    digest = models.CharField(_("băm của mã"), max_length=64, unique=True)
    device = models.CharField(_("thiết bị"), max_length=120, blank=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("dùng gần nhất"), null=True, blank=True)
    expires_at = models.DateTimeField(_("hết hạn lúc"))
    revoked_at = models.DateTimeField(_("thu hồi lúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("mã truy cập thiết bị")
        verbose_name_plural = _("mã truy cập thiết bị")
        permissions: ClassVar = [("revoke_apitoken", _("Thu hồi mã truy cập thiết bị"))]

    def __str__(self) -> str:
        return f"{self.user}: {self.device or '–'}"
