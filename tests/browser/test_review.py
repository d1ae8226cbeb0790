"""A reviewer's keys and photographs, in a real browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from accounts.kyc.enums import DocumentState, Finding
from accounts.kyc.models import IdentityDocument
from tests.browser.conftest import DESKTOP, Portal
from tests.factories.accounts import make_document, make_user

PASSWORD = "a-long-honest-password"
QUEUE = "/admin/accounts/identitydocument/"


def waiting(name: str) -> IdentityDocument:
    return make_document(
        user=make_user(full_name=name),
        state=DocumentState.NEEDS_REVIEW,
        with_images=True,
        findings=[Finding.SOURCES_DISAGREE],
    )


def sign_in(page: Page) -> None:
    make_user(
        email="operator@example.vn",
        full_name="Đặng Thu Hà",
        password=PASSWORD,
        is_staff=True,
        is_superuser=True,
    )
    page.goto("/account/login/")
    page.locator("[name=login]").fill("operator@example.vn")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.btn-big").click()
    page.wait_for_load_state()


def test_papers_are_reviewed_by_keys_alone(portal: Portal, axe: Callable[[Page], list[str]]) -> None:
    first, second, third = (waiting(name) for name in ("Võ Hoài An", "Lê Minh", "Trần Bảo"))
    page = portal.person(language="vi", size=DESKTOP)
    sign_in(page)
    page.goto(f"{QUEUE}next/")
    expect(page.locator(".review.has-keys")).to_be_visible()
    assert axe(page) == []

    # The photographs: the first becomes large, then the second, then none.
    for count, is_second in ((1, False), (1, True), (0, False)):
        page.keyboard.press("z")
        expect(page.locator(".review-photo.is-large")).to_have_count(count)
        if is_second:
            expect(page.locator(".review-photo").nth(1)).to_have_class("review-photo is-large")
    page.keyboard.press("r")
    assert "rotate(90deg)" in str(page.locator(".review-photo img").first.get_attribute("style"))

    # Skip the first; send the second back by number and Enter.
    page.keyboard.press("n")
    page.wait_for_url(f"**{QUEUE}{second.pk}/change/")
    expect(page.locator(".review.has-keys")).to_be_visible()
    page.keyboard.press("1")
    expect(page.locator("[data-key-reject]")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{QUEUE}{first.pk}/change/")
    second.refresh_from_db()
    assert (second.state, second.rejection_code) == (DocumentState.REJECTED, "unreadable")

    # Fill in and approve: keys mean letters while somebody types.
    expect(page.locator(".review.has-keys")).to_be_visible()
    page.keyboard.press("f")
    expect(page.locator("[name=number]")).to_be_focused()
    page.keyboard.type("079303990005")
    page.keyboard.press("Tab")
    page.keyboard.type("VÕ HOÀI AN")
    page.keyboard.press("Tab")
    page.keyboard.type("18052003")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("[data-key-approve]")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{QUEUE}{third.pk}/change/")
    # Its sources disagree: a second person has to look.
    assert first.reviews.filter(outcome="second_look").count() == 1

    # Whoever does not want them turns them off.
    page.locator("[data-keys] summary").click()
    page.locator("[data-keys-on]").uncheck()
    page.locator("h1").first.click()
    page.keyboard.press("1")
    assert page.locator("#reject input[name=code]:checked").count() == 0
