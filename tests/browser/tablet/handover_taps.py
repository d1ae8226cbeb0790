"""How many taps and seconds a handover takes: on the pages of the counter (before) and in the tablet app (after).

    pytest tests/browser/tablet/handover_taps.py -q -s

Not part of the test run. Taps are counted in the page (presses, keys, choices; a photograph counts as two: camera and
shutter). Seconds are two things apart: what the portal and the browser take (measured), and what hands take, from the
keystroke-level model of Card, Moran and Newell (1.2 s a tap, 0.3 s a key), 4 s a photograph and 5 s a signature. What
two people say to each other, and the walk around the vehicle, come on top and are the same both times.
"""

import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.selectors import current_contract
from rentals.contracts.services import ensure_rendered
from rentals.handovers.models import Rental
from stations.network.models import Station
from tests.browser import test_journey as pages
from tests.browser.tablet import test_pickup as app
from tests.browser.tablet.conftest import EnrolledTablet, new_context
from tests.browser.tablet.test_pickup import booking, counter

__all__ = ["booking", "counter"]

COUNT = """(() => {
    const add = (name, number) => sessionStorage.setItem(name, Number(sessionStorage.getItem(name) ?? 0) + number);
    addEventListener("pointerdown", (event) => add(event.target.closest("canvas") ? "strokes" : "taps", 1), true);
    addEventListener("keydown", () => add("keys", 1), true);
    addEventListener("change", (event) => {
        if (event.target.type === "file") add("photos", 1);
        if (event.target.matches("select")) add("taps", 2);
    }, true);
})()"""
READ = "() => Object.fromEntries(['taps', 'keys', 'photos', 'strokes'].map(name => [name, Number(sessionStorage.getItem(name) ?? 0)]))"
TAP, KEY, PHOTO, SIGNATURE = 1.2, 0.3, 4.0, 5.0


def report(name: str, page: Page, seconds: float) -> None:
    found: dict[str, int] = page.evaluate(READ)
    hands = found["taps"] * TAP + found["keys"] * KEY + found["photos"] * PHOTO + found["strokes"] * SIGNATURE
    taps = found["taps"] + 2 * found["photos"]
    print(  # noqa: T201 (what it is for)
        f"\n{name}: {taps} taps, {found['keys']} keys, {found['photos']} photos, {found['strokes']} signatures; "
        f"machine {seconds:.1f} s, hands {hands:.0f} s, together {seconds + hands:.0f} s"
    )


@pytest.fixture
def rendered(booking: Booking) -> Booking:
    """With its document, as a worker has made it long before."""
    contract = current_contract(booking)
    assert contract is not None
    ensure_rendered(contract)
    return booking


@pytest.fixture
def desk(browser: Browser, live_server: object, counter: object) -> Iterator[Page]:
    context = new_context(browser, str(live_server.url))  # type: ignore[attr-defined]
    context.add_init_script(COUNT)
    yield context.new_page()
    context.close()


def test_before_on_the_pages_of_the_counter(
    rendered: Booking, desk: Page, counter: tuple[Station, User]
) -> None:
    _station, attendant = counter
    attendant.set_password("correct horse battery")
    attendant.save()
    desk.goto("/account/login/")
    desk.fill("[name=login]", attendant.email)
    desk.fill("[name=password]", "correct horse battery")
    desk.locator("main form button[type=submit]").first.click()
    desk.wait_for_load_state("networkidle")
    desk.goto("/station/")
    desk.evaluate("sessionStorage.clear()")
    began = time.perf_counter()
    desk.locator(
        f"#board a[href*='{rendered.code}'], #board form[action*='{rendered.code}'] button"
    ).first.click()
    desk.wait_for_load_state()
    if "/handovers/" not in desk.url:
        desk.locator(".next-bar .btn-big").click()
    desk.wait_for_url("**/papers/")
    pages.tick_all(desk, "compared")
    pages.go_on(desk)
    pages.tick_all(desk, "checked")
    pages.go_on(desk)
    pages.photograph_all(desk)
    pages.go_on(desk)
    for name, text in (("odometer_km", "1205"), ("battery_percent", "91")):
        desk.locator(f"[name={name}]").click()
        desk.keyboard.type(text)
    pages.go_on(desk)
    pages.go_on(desk)
    pages.draw(desk, 0)
    pages.draw(desk, 1)
    pages.go_on(desk)
    desk.locator("[name=sure]").check()
    pages.go_on(desk)
    report("before", desk, time.perf_counter() - began)
    assert Rental.objects.get().state == "active"


def test_after_in_the_tablet_app(rendered: Booking, hand_out: Callable[..., EnrolledTablet]) -> None:
    tablet = hand_out()
    tablet.context.add_init_script(COUNT)
    page = tablet.page
    page.evaluate(COUNT)
    page.evaluate("sessionStorage.clear()")
    began = time.perf_counter()
    app.begin(page, rendered)
    app.compare_papers(page)
    for group in page.locator("section [data-all]:visible").all():
        group.click()
    left = page.locator("li:not(.look-row-ok) [data-answer=ok]:visible")
    while left.count():
        left.first.click()
    app.go_on(page)
    app.photograph_vehicle(page)
    app.read_meter(page, km="1205", percent="91")
    app.go_on(page)
    app.sign(page)
    app.go_on(page)
    report("after", page, time.perf_counter() - began)
    tablet.until_sent(seconds=60)
    assert Rental.objects.get().state == "active"
