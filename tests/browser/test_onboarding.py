"""From sign-up to "you may book" on a phone, counted at a person's pace.

How it is counted: the browser does in milliseconds what takes a person seconds, so each act adds what it takes a
person, and what the machine takes (loading, sending, reading the papers) is measured and added. The numbers are on
the slow side: typing on glass at 27 words a minute, twenty seconds for each photograph from picking the card up to
having it in the frame, every page read from top to bottom.
"""

import re
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from accounts.extraction.types import Layout
from accounts.kyc.enums import DocumentState
from accounts.kyc.models import Consent, IdentityDocument
from tests.browser.conftest import ARGUMENTS, PHONE
from tests.factories.accounts import PASSWORD, make_consent, make_user
from tests.identity.cards import draw
from tests.identity.people import make_person
from tests.identity.photos import photograph, selfie

# Seconds of a person.
FIND_FIELD = 2.0
CHARACTER = 0.45
TAP = 2.0
PHOTOGRAPH = 20.0
PAGE = 6.0
# The one page that asks for a decision.
CONSENT_PAGE = 25.0
FIVE_MINUTES = 300.0

WHO = make_person(3)
READY = {"vi": "Bạn có thể đặt xe", "en": "You may book"}


@dataclass
class Pace:
    """A person at a phone: does what is asked, and keeps the time that it would take them."""

    page: Page
    spent: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def add(self, what: str, seconds: float) -> None:
        self.spent[what] = self.spent.get(what, 0.0) + seconds

    def read(self, seconds: float = PAGE) -> None:
        self.add("reading", seconds)

    def type(self, name: str, text: str) -> None:
        self.page.locator(f"[name={name}]").fill(text)
        self.add("typing", FIND_FIELD + CHARACTER * len(text))

    def tap(self, selector: str) -> None:
        self.page.locator(selector).first.click()
        self.add("tapping", TAP)

    def photograph(self, name: str, picture: bytes) -> None:
        file: FilePayload = {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": picture}
        self.page.locator(f"input[type=file][name={name}]").set_input_files(file)
        expect(self.page.locator(f"[data-shot={name}] .photo-preview")).to_be_visible()
        self.add("photographing", PHOTOGRAPH)

    def total(self) -> float:
        self.spent["the machine"] = time.monotonic() - self.began
        return sum(self.spent.values())


def picture(layout: Layout, *, seed: int = 5, **how: object) -> bytes:
    return photograph(draw(layout, WHO), seed=seed, severity="good", **how)


def hand_in(person: Pace, kind: str, pictures: dict[str, bytes]) -> None:
    """Open the page of one paper, photograph its sides, send them, and come back to the list."""
    person.tap(f".papers a[href*='/identity/{kind}/']")
    person.page.wait_for_url(f"**/identity/{kind}/**")
    person.read()
    for name, content in pictures.items():
        person.photograph(name, content)
    person.tap("[data-capture-submit]")
    person.page.wait_for_url("**/account/identity/")
    person.read(PAGE / 2)


def test_from_sign_up_to_you_may_book_in_under_five_minutes(portal, capsys, axe):
    pictures = {
        "citizen_card": {
            "front": picture(Layout.CARD_2021_FRONT), "back": picture(Layout.CARD_2021_BACK),
        },
        "driving_licence": {
            "front": picture(Layout.LICENCE_FRONT), "back": picture(Layout.LICENCE_BACK),
        },
        "selfie": {"front": selfie(WHO.seed)},
    }  # fmt: skip
    page = portal.person(language="vi", size=PHONE)
    person = Pace(page)

    page.goto("/account/signup/?next=/account/identity/")
    person.read()
    person.type("full_name", WHO.full_name)
    person.type("phone", "0912345678")
    person.type("email", "nguoi-moi@example.vn")
    person.type("password1", PASSWORD)
    person.tap("form[action*='/signup/'] .btn-big")
    page.wait_for_url("**/account/identity/")
    person.read()
    assert axe(page) == []
    portal.shoot(page, "01-list")

    person.tap(".papers .btn-big")
    page.wait_for_url("**/identity/consent/**")
    person.read(CONSENT_PAGE)
    assert axe(page) == []
    assert page.locator("input[type=checkbox]:checked").count() == 0
    portal.shoot(page, "02-consent")
    person.tap("[name=identity]")
    person.tap("main form .btn-big")
    page.wait_for_url("**/identity/citizen_card/")
    person.read()
    assert axe(page) == []
    portal.shoot(page, "03-capture")
    for name, content in pictures["citizen_card"].items():
        person.photograph(name, content)
    portal.shoot(page, "04-both-sides")
    person.tap("[data-capture-submit]")
    page.wait_for_url("**/account/identity/")
    person.read(PAGE / 2)
    portal.shoot(page, "05-reading")

    hand_in(person, "driving_licence", pictures["driving_licence"])
    hand_in(person, "selfie", pictures["selfie"])
    # Nobody reloads anything: the page says it by itself.
    expect(page.locator(".note-ok")).to_contain_text(READY["vi"])
    person.read()
    portal.shoot(page, "06-you-may-book")
    assert axe(page) == []

    total = person.total()
    with capsys.disabled():
        parts = ", ".join(f"{what} {seconds:.0f} s" for what, seconds in person.spent.items())
        print(f"\nonboarding: {total:.0f} s at a person's pace ({parts})")  # noqa: T201 (the figure is the point)
    assert total < FIVE_MINUTES
    states = dict(IdentityDocument.objects.values_list("kind", "state"))
    assert states == {
        "citizen_card": DocumentState.APPROVED,
        "driving_licence": DocumentState.APPROVED,
        "selfie": DocumentState.AUTO_PASSED,
    }
    assert [row.purpose for row in Consent.objects.all()] == ["identity"]


@pytest.fixture
def someone(portal):
    """Somebody signed in on a phone who has agreed."""
    user = make_user(email="lan@example.vn", full_name=WHO.full_name, password=PASSWORD)
    make_consent(user)

    def sign_in(portal, path):
        page = portal.person(language="vi", size=PHONE)
        page.goto(f"/account/login/?next={path}")
        page.locator("[name=login]").fill("lan@example.vn")
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("form[action*='/login/'] button:not([type=button])").last.click()
        page.wait_for_url(f"**{path}")
        page.wait_for_load_state("networkidle")
        return page

    return sign_in


def test_a_bad_photograph_is_asked_for_again_alone_and_at_once(portal, someone):
    page = someone(portal, "/account/identity/citizen_card/")
    person = Pace(page)
    person.photograph("front", picture(Layout.CARD_2021_FRONT, blur=9.0))
    person.photograph("back", picture(Layout.CARD_2021_BACK))
    person.tap("[data-capture-submit]")

    again = page.get_by_role("link", name=re.compile("Chụp lại mặt trước"))
    expect(again).to_be_visible()
    portal.shoot(page, "01-again")
    again.click()
    page.wait_for_load_state("networkidle")
    expect(page.locator("[data-shot=back] .photo-preview")).to_be_visible()
    expect(page.locator("[data-shot=front] .photo-preview")).to_have_count(0)
    portal.shoot(page, "02-only-the-front")
    person.photograph("front", picture(Layout.CARD_2021_FRONT))
    person.tap("[data-capture-submit]")

    expect(page.locator(".papers .tag").first).to_have_text(re.compile("Đã duyệt"))


def test_a_broken_network_keeps_the_pictures_and_offers_to_send_again(portal, someone):
    page = someone(portal, "/account/identity/selfie/")
    person = Pace(page)
    person.photograph("front", selfie(WHO.seed))

    page.context.set_offline(True)
    person.tap("[data-capture-submit]")
    expect(page.locator("[data-send-trouble]")).to_contain_text("Ảnh vẫn còn trên máy này")
    portal.shoot(page, "01-offline")
    assert not IdentityDocument.objects.exists()

    page.context.set_offline(False)
    person.tap("[data-send-again]")
    page.wait_for_url("**/account/identity/")
    assert IdentityDocument.objects.get().kind == "selfie"


def test_without_javascript_the_same_papers_go_through(portal, someone):
    make_page = portal.browser.new_context(
        base_url=portal.url, viewport=PHONE, locale="vi-VN", java_script_enabled=False
    )
    page = make_page.new_page()
    page.goto("/account/login/?next=/account/identity/selfie/")
    page.locator("[name=login]").fill("lan@example.vn")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form[action*='/login/'] button:not([type=button])").last.click()
    page.wait_for_url("**/account/identity/selfie/")
    assert page.locator("input[type=file]").get_attribute("capture") == "user"
    file: FilePayload = {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": selfie(WHO.seed)}
    page.locator("input[type=file]").set_input_files(file)
    portal.shoot(page, "01-plain")
    page.locator("[data-capture-submit]").click()

    page.wait_for_url("**/account/identity/")
    assert IdentityDocument.objects.get().kind == "selfie"


# --- The camera in the page ---------------------------------------------------------------------


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """What a phone's camera sees: the front of a card held in the frame, then its back, again and again."""
    how: dict[str, Any] = {
        "width": 1080, "height": 1920, "fill": 0.86, "angle": 0.4, "quarter_turns": 0, "perspective": 0.004,
        "blur": 0.0, "shake": 0, "glare": 0.0, "shift": (0.0, 0.0), "noise": 1.0, "ground": "wood", "light": 0.95,
    }  # fmt: skip
    path = tmp_path / "camera.mjpeg"
    front, back = (picture(side, **how) for side in (Layout.CARD_2021_FRONT, Layout.CARD_2021_BACK))
    path.write_bytes(front * 60 + back * 60)
    return path


def test_the_camera_takes_both_sides_by_itself(portal, someone, film, browser_type, browser_type_launch_args):
    camera = [
        "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]  # fmt: skip
    browser = browser_type.launch(**{**browser_type_launch_args, "args": [*ARGUMENTS, *camera]})
    try:
        page = someone(replace(portal, browser=browser), "/account/identity/citizen_card/")
        page.locator("[data-camera-open]").click()
        expect(page.locator("dialog.camera")).to_be_visible()
        expect(page.locator("[data-camera-step]")).to_contain_text("2/2")
        portal.shoot(page, "01-second-side")
        expect(page.locator("dialog.camera")).to_be_hidden()
        assert page.locator(".photo-preview").count() == 2
        expect(page.locator("[data-capture-submit]")).to_be_focused()
        portal.shoot(page, "02-taken")
        page.locator("[data-capture-submit]").click()
        page.wait_for_url("**/account/identity/")
        expect(page.locator(".papers .tag").first).to_have_text(re.compile("Đã duyệt"))
    finally:
        browser.close()
