import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import pytest
from django.conf import settings as site
from pytest_django import Settings

from accounts.notifications import texts
from accounts.notifications.enums import Channel, MessageKind
from accounts.notifications.kinds import RULES
from accounts.notifications.samples import CONTEXTS, all_samples
from accounts.notifications.texts import GSM_ALPHABET, Short
from accounts.users.models import User

SAMPLES = all_samples()
SHORT = [name for name, (kind, _context) in SAMPLES.items() if Channel.PUSH in RULES[kind].channels]
BY_SMS = [name for name, (kind, _context) in SAMPLES.items() if Channel.SMS in RULES[kind].channels]
LANGUAGES = ["vi", "en"]
PLACEHOLDER = re.compile(r"{{|}}|{%|%}|%\(\w+\)s|\bNone\b")


class Hole(str):  # noqa: SLOT000 (one of it, in a test)
    """What a template prints for a value that nobody gave: a failed test."""

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, name: object) -> str:
        pytest.fail(f"a text asks for {name}, which its kind's context does not have")


@pytest.fixture
def _no_holes(settings: Settings) -> None:
    engines = deepcopy(site.TEMPLATES)
    engines[0]["OPTIONS"]["string_if_invalid"] = Hole("%s")
    settings.TEMPLATES = engines


def reader(language: str, **fields: Any) -> User:
    return User(full_name="Nguyễn Minh Anh", email="anh@example.vn", language=language, **fields)


def _long(context: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in the longest names that the tables hold."""
    longest = {
        "vehicle_model": "Công ty Cổ phần Xe điện " + "Vạn Dặm Trường Sơn " * 5,
        "before_model": "M" * 141, "plate": "29AA-123.45XYZ12", "pickup_name": "Trạm " + "Đường Nguyễn Thị Định " * 4,
        "return_name": "Trạm " + "ỘƯỚẶ " * 19, "station_name": "T" * 100,
    }  # fmt: skip
    return {name: longest.get(name, value) for name, value in context.items()}


@pytest.mark.usefixtures("_no_holes")
def test_a_missing_value_would_be_noticed() -> None:
    context = {**CONTEXTS[MessageKind.RETURN_OVERDUE]}
    del context["return_name"]

    with pytest.raises(pytest.fail.Exception, match="return_name"):
        texts.letter(reader("vi"), MessageKind.RETURN_OVERDUE, context)


def test_there_is_a_sample_of_every_kind() -> None:
    assert set(CONTEXTS) == set(MessageKind)


@pytest.mark.usefixtures("_no_holes")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_mail_is_whole_with_its_documented_context(name: str, language: str) -> None:
    kind, context = SAMPLES[name]

    mail = texts.letter(reader(language), kind, context)

    assert mail.subject
    assert len(mail.subject) < 100
    for part in (mail.subject, mail.body, re.sub(r"<style>.*?</style>", "", mail.body_html, flags=re.DOTALL)):
        assert not PLACEHOLDER.search(part)
    assert f'<html lang="{language}">' in mail.body_html
    # The way onward stands in both forms.
    assert 'class="button"' in mail.body_html
    assert f"{site.SITE_URL}/" in mail.body
    assert "\n\n\n" not in mail.body


@pytest.mark.usefixtures("_no_holes")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHORT)
def test_every_short_text_is_whole_and_fits_a_lock_screen(name: str, language: str) -> None:
    kind, context = SAMPLES[name]

    short = texts.short(reader(language), kind, context)

    assert 0 < len(short.title) <= 50
    assert 0 < len(short.body) <= 120
    assert not PLACEHOLDER.search(short.title + short.body)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SHORT)
def test_a_lock_screen_shows_no_amount_and_no_person(name: str, language: str) -> None:
    kind, context = SAMPLES[name]

    short = texts.short(reader(language, phone="0900000001"), kind, context)

    assert "₫" not in short.title + short.body
    assert "Anh" not in short.title + short.body
    for private in ("0900000001", context.get("renter_phone"), context.get("renter_name")):
        assert not private or private not in short.title + short.body


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", BY_SMS)
@pytest.mark.parametrize("names", ["usual", "longest"])
def test_a_text_message_is_one_segment_that_every_phone_shows(
    settings: Settings, name: str, language: str, names: str
) -> None:
    settings.SITE_URL = "https://voltgo.vn"
    kind, context = SAMPLES[name]
    context = _long(context) if names == "longest" else context

    short, link = texts.short(reader(language), kind, context), texts.link_of(kind, context)

    sms = texts.sms(short, link)

    assert len(sms) <= 160
    assert set(sms) <= GSM_ALPHABET
    assert sms.startswith("VoltGo: ")
    assert sms.endswith(" https://voltgo.vn/bookings/VG-7K2M4Q/")
    # Usual names leave room for the whole text.
    assert names == "longest" or sms == texts._gsm(f"VoltGo: {short.body} https://voltgo.vn{link}")


def test_a_text_message_has_no_diacritics() -> None:
    short = Short("", "Đưa xe về Trạm Thảo Điền trước 18:00 – phí 20.000\u00a0₫…")

    assert texts.sms(short, "") == "VoltGo: Dua xe ve Tram Thao Dien truoc 18:00 - phi 20.000 d."


def test_what_has_no_plain_form_is_left_out() -> None:
    assert texts.sms(Short("", "Trạm 東京 🚗 đây"), "") == "VoltGo: Tram day"


def test_a_text_that_is_too_long_ends_at_a_word_and_keeps_its_link(settings: Settings) -> None:
    settings.SITE_URL = "https://voltgo.vn"

    sms = texts.sms(Short("", "mot hai ba bon nam " * 20), "/bookings/VG-7K2M4Q/")

    assert len(sms) <= 160
    assert sms.endswith(" nam. https://voltgo.vn/bookings/VG-7K2M4Q/") or re.search(
        r" (mot|hai|ba|bon)\. https://voltgo\.vn/bookings/VG-7K2M4Q/$", sms
    )


@pytest.mark.parametrize(
    ("kind", "link"),
    [
        ("booking_changed", "/bookings/VG-7K2M4Q/"),
        ("document_rejected", "/account/identity/driving_licence/"),
        ("document_approved", "/account/identity/"),
        ("settlement_ready", "/bookings/VG-7K2M4Q/"),
        ("waitlist_lapsed", "/"),
        ("supply_changed", "/station/"),
    ],
)
def test_a_message_leads_to_its_page(kind: str, link: str) -> None:
    assert texts.link_of(MessageKind(kind), CONTEXTS[MessageKind(kind)]) == link


def test_a_context_without_a_code_leads_nowhere() -> None:
    assert texts.link_of(MessageKind.BOOKING_CHANGED, {}) == ""


def test_alternatives_are_links_wherever_they_lead() -> None:
    mail = texts.letter(reader("vi"), MessageKind.BOOKING_WITHDRAWN, CONTEXTS[MessageKind.BOOKING_WITHDRAWN])

    assert f'href="{site.SITE_URL}/stations/ben-thanh/"' in mail.body_html
    assert 'href="https://voltgo.example/stations/thao-dien/"' in mail.body_html
    assert f"- VinFast VF 5, Trạm Bến Thành, 08:00: {site.SITE_URL}/stations/ben-thanh/" in mail.body


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (240_000, "Bạn đã trả thêm 240.000\u00a0₫ cho thay đổi này."),
        (-120_000, "Sau thay đổi này, bạn phải trả ít hơn 120.000\u00a0₫."),
        (0, "Số tiền bạn trả không thay đổi."),
    ],
)
def test_a_change_says_what_it_means_in_money(difference: int, words: str) -> None:
    context = {**CONTEXTS[MessageKind.BOOKING_CHANGED], "difference": difference}

    mail = texts.letter(reader("vi"), MessageKind.BOOKING_CHANGED, context)

    assert words in mail.body
    assert words in mail.body_html
