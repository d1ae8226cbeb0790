import re
from typing import Any

import pytest
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError
from django.utils.translation import override

VIETNAMESE = re.compile(
    r"[ăâđêôơưáàảãạấầẩẫậắằẳẵặéèẻẽẹếềểễệíìỉĩịóòỏõọốồổỗộớờởỡợúùủũụứừửữựýỳỷỹỵ]", re.IGNORECASE
)


@pytest.mark.parametrize("adapter", [DefaultAccountAdapter, DefaultMFAAdapter])
def test_every_refusal_of_a_sign_in_speaks_vietnamese(adapter: Any) -> None:
    with override("vi"):
        foreign = [text for text in map(str, adapter.error_messages.values()) if not VIETNAMESE.search(text)]

    assert foreign == []


def test_a_short_password_is_refused_in_vietnamese() -> None:
    with override("vi"), pytest.raises(ValidationError) as refusal:
        MinimumLengthValidator(10).validate("123")

    with override("vi"):
        assert refusal.value.messages == ["Mật khẩu quá ngắn: cần ít nhất 10 ký tự."]
