"""Whoever chooses a picture before the page's scripts have come has chosen it all the same."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, Route, expect

from accounts.extraction.types import Layout
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.handovers.models import InspectionPhoto
from tests.browser.conftest import PHONE, TABLET, Portal
from tests.factories.accounts import make_consent, photo_bytes
from tests.factories.handovers import opened, paid_booking
from tests.factories.rentals import make_tariff
from tests.factories.stations import make_post, make_scooter_model, make_station, make_vehicle
from tests.identity.cards import draw
from tests.identity.people import make_person
from tests.identity.photos import photograph

SHOT = "label:has(input[name={name}]) .photo-preview"


@pytest.fixture
def someone(portal: Portal, client: Client) -> Callable[[User, dict[str, int]], Page]:
    def sign_in(user: User, size: dict[str, int]) -> Page:
        client.force_login(user)
        cookie = client.cookies[settings.SESSION_COOKIE_NAME]
        page = portal.person(language="vi", size=size)
        page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": portal.url}])
        return page

    return sign_in


@pytest.fixture
def booking(renter: User, attendant: User) -> Booking:
    """A scooter whose handover has begun."""
    station, model = make_station(), make_scooter_model()
    make_tariff(model=model)
    make_post(user=attendant, station=station)
    booking = paid_booking(renter=renter, vehicle=make_vehicle(station=station, model=model))
    opened(booking=booking, attendant=attendant)
    return booking


@contextmanager
def held_back(page: Page, script: str) -> Iterator[None]:
    """Let a script come only when the block is over."""
    waiting: list[Route] = []
    pattern = re.compile(rf"/{re.escape(script)}")

    def hold(route: Route) -> None:
        waiting.append(route)

    page.route(pattern, hold)
    yield
    for _ in range(200):
        if waiting:
            break
        page.wait_for_timeout(50)
    assert waiting, f"the page never asked for {script}"
    for route in waiting:
        route.continue_()
    page.unroute(pattern)


def choose(page: Page, name: str, picture: bytes) -> None:
    page.locator(f"input[name={name}]").set_input_files(
        {"name": f"{name}.jpg", "mimeType": "image/jpeg", "buffer": picture}
    )


@pytest.mark.parametrize("late", ["photo.js", "htmx.min.js"])
def test_a_photo_of_the_vehicle_is_shown_and_stored(
    late: str, someone: Callable[[User, dict[str, int]], Page], attendant: User, booking: Booking
) -> None:
    page = someone(attendant, TABLET)
    with held_back(page, late):
        page.goto(f"/station/handovers/{booking.code}/photos/", wait_until="commit")
        name = page.locator("form#step input[type=file]").first.get_attribute("name")
        assert name is not None
        choose(page, name, photo_bytes(1280, 800))
        if late == "photo.js":
            expect(page.locator(SHOT.format(name=name))).to_have_count(0)
        else:
            expect(page.locator(SHOT.format(name=name))).to_be_visible()
        assert not InspectionPhoto.objects.exists()

    expect(page.locator(f".tile:has(input[name={name}])")).to_contain_text("Đã lưu lúc")
    expect(page.locator(SHOT.format(name=name))).to_be_visible()
    assert [photo.position for photo in InspectionPhoto.objects.all()] == [name]


def test_photos_of_a_paper_are_shown_and_ready_to_be_sent(
    someone: Callable[[User, dict[str, int]], Page], newcomer: User
) -> None:
    make_consent(newcomer)
    page = someone(newcomer, PHONE)
    person = make_person(3)
    with held_back(page, "capture.js"):
        page.goto("/account/identity/citizen_card/")
        for name, layout in {"front": Layout.CARD_2021_FRONT, "back": Layout.CARD_2021_BACK}.items():
            choose(page, name, photograph(draw(layout, person), seed=5, severity="good"))
        expect(page.locator(".photo-preview")).to_have_count(0)

    for name in ("front", "back"):
        expect(page.locator(f"[data-shot={name}] .photo-preview")).to_be_visible()
    expect(page.locator("[data-capture-submit]")).not_to_have_class(re.compile("btn-ghost"))
    page.locator("[data-capture-submit]").click()
    page.wait_for_url("**/account/identity/")
    assert newcomer.documents.get().images.count() == 2
