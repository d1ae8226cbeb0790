"""Form fields that speak as operators do: whole dong with dots, hours of the day, shares in percent."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from voltgo.core.money import Dong, format_dong

HOUR_AND_MINUTE = re.compile(r"(\d{1,2})[:hH.](\d{2})")
DAY_MINUTES = 1440


class DongInput(forms.Field):
    """Whole dong, typed with or without dots and sign: `1.250.000`, `1250000 ₫`."""

    default_error_messages = {
        "invalid": _("Hãy nhập số tiền bằng đồng, ví dụ 1.250.000."),
        "negative": _("Số tiền không thể âm."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # What a model's BigIntegerField passes on and a text field does not take.
        for name in ("min_value", "max_value", "localize"):
            kwargs.pop(name, None)
        kwargs["widget"] = UnfoldAdminTextInputWidget(
            attrs={"inputmode": "numeric", "autocomplete": "off", "suffix": "₫"}
        )
        super().__init__(*args, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return format_dong(value).removesuffix("\u00a0₫") if isinstance(value, int) else value

    def to_python(self, value: Any) -> Dong | None:
        if value in self.empty_values:
            return None
        if isinstance(value, int):
            return value
        digits = re.sub(r"[.,\s\u00a0₫đĐ]", "", str(value)).replace("−", "-")
        if not re.fullmatch(r"-?\d{1,15}", digits):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        amount = int(digits)
        if amount < 0:
            raise ValidationError(self.error_messages["negative"], code="negative")
        return amount


class MinuteInput(forms.Field):
    """A time of day kept as minutes after midnight: `06:30`; `24:00` is the end of the day."""

    default_error_messages = {"invalid": _("Hãy nhập giờ theo dạng 06:30, từ 00:00 đến 24:00.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["widget"] = UnfoldAdminTextInputWidget(
            attrs={"placeholder": "06:30", "inputmode": "numeric", "autocomplete": "off", "maxlength": 5}
        )
        if kwargs.get("label"):
            # Stands in tables, where the heading of the column is its only label.
            kwargs["widget"].attrs["aria-label"] = kwargs["label"]
        super().__init__(*args, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 60:02d}:{value % 60:02d}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if isinstance(value, int):
            return value
        found = HOUR_AND_MINUTE.fullmatch(str(value).strip())
        if found is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        hour, minute = int(found[1]), int(found[2])
        if minute > 59 or hour * 60 + minute > DAY_MINUTES:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return hour * 60 + minute


class ShareInput(forms.Field):
    """A share kept in basis points and typed in percent: 800 is `8`, 12000 is `120`."""

    default_error_messages = {"invalid": _("Hãy nhập số phần trăm, ví dụ 8 hoặc 7,5.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        for name in ("min_value", "max_value", "localize"):
            kwargs.pop(name, None)
        kwargs["widget"] = UnfoldAdminTextInputWidget(
            attrs={"inputmode": "decimal", "autocomplete": "off", "suffix": "%"}
        )
        super().__init__(*args, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return format_share(value) if isinstance(value, int) else value

    def to_python(self, value: Any) -> int | None:
        if value in self.empty_values:
            return None
        if isinstance(value, int):
            return value
        try:
            percent = Decimal(str(value).replace("%", "").replace(",", ".").strip())
            # Comparing "NaN" raises as well.
            if 0 <= percent <= 1000:
                return int((percent * 100).to_integral_value(ROUND_HALF_UP))
        except InvalidOperation:
            pass
        raise ValidationError(self.error_messages["invalid"], code="invalid")


def format_share(basis_points: int) -> str:
    """Print basis points as percent without needless zeros: 800 is `8`, 750 is `7,5`."""
    return f"{basis_points / 100:.2f}".rstrip("0").rstrip(".").replace(".", ",")
