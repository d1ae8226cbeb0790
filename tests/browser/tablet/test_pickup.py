"""A vehicle is handed over on the tablet without network, left, resumed, and arrives once."""

from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Page, expect

from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.models import ContractSignature
from rentals.demo.rehearsal.props import photograph
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Inspection, Rental
from rentals.sync.models import SyncCommand
from stations.network.models import Station
from tests.browser.conftest import TABLET, TABLET_WIDE
from tests.browser.tablet.conftest import EnrolledTablet, until
from tests.factories.accounts import make_user
from tests.factories.handovers import handed_over, paid_booking
from tests.factories.rentals import a_period, make_tariff, next_half_hour
from tests.factories.stations import make_post, make_scooter_model, make_station, make_vehicle

Axe = Callable[[Page], list[str]]


@pytest.fixture
def counter() -> tuple[Station, User]:
    station = make_station(name="Bến Thành", slug="ben-thanh", code="HCM-01")
    attendant = make_user(email="staff@example.vn", full_name="Bùi Quang Huy")
    make_post(user=attendant, station=station)
    return station, attendant


@pytest.fixture
def booking(counter: tuple[Station, User], renter: User) -> Booking:
    """A scooter that is to go out within the half hour, paid."""
    station, _attendant = counter
    model = make_scooter_model()
    make_tariff(model=model)
    vehicle = make_vehicle(station=station, model=model, battery_percent=96, odometer_km=1_200)
    return paid_booking(renter=renter, vehicle=vehicle, period=a_period(starts_at=next_half_hour(), hours=5))


def a_photo(title: str) -> FilePayload:
    return {"name": f"{title}.jpg", "mimeType": "image/jpeg", "buffer": photograph(title)}


def go_on(page: Page) -> None:
    page.locator("[data-next]").click()


def begin(page: Page, booking: Booking) -> None:
    """From the board to the papers."""
    row = page.locator(".job", has_text=booking.renter.full_name)
    row.get_by_role("link", name="Giao xe").click()
    expect(page.locator("h2")).to_have_text("Đối chiếu giấy tờ gốc")


def compare_papers(page: Page) -> None:
    for tick in page.locator("[data-tick]").all():
        tick.check()
    go_on(page)


def check_vehicle(page: Page) -> None:
    for answer in page.locator("[data-answer=ok]").all():
        answer.click()
    go_on(page)


def photograph_vehicle(page: Page) -> None:
    tiles = page.locator(".shots input[type=file]")
    expect(tiles).to_have_count(4)
    for number in range(4):
        tiles.nth(number).set_input_files([a_photo(f"side {number}")])
        expect(page.locator(".shots .photo-full")).to_have_count(number + 1)
    go_on(page)


def read_meter(page: Page, *, km: str, percent: str) -> None:
    for field, digits in (("#reading-odometer", km), ("#reading-battery", percent)):
        page.locator(field).click()
        for digit in digits:
            page.locator(".key", has_text=digit).first.click()
    go_on(page)


def mark_damage(page: Page) -> None:
    page.locator("[data-part-choice]").select_option("seat")
    page.locator("[data-add]").click()
    page.locator(".pin-card .chip", has_text="Móp").click()
    page.locator(".pin-card input[type=file]").set_input_files([a_photo("mark")])
    expect(page.locator(".pin-photo.photo-full")).to_have_count(1)
    go_on(page)


def draw(page: Page, who: str) -> None:
    """Sign on the glass: a real stroke of a finger."""
    pad = page.locator(f"[data-sign-{who}] canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    left, middle = box["x"] + 30, box["y"] + box["height"] / 2
    page.mouse.move(left, middle)
    page.mouse.down()
    for step in range(1, 20):
        page.mouse.move(left + step * 9, middle + (30 if step % 2 else -30))
    page.mouse.up()
    expect(page.locator(f"[data-sign-{who}] .sign-done")).to_have_count(1)


def sign(page: Page) -> None:
    page.locator("[data-consent]").check()
    draw(page, "renter")
    draw(page, "staff")
    go_on(page)


def test_a_pickup_without_network_is_left_resumed_and_arrives_once(
    booking: Booking, hand_out: Callable[..., EnrolledTablet]
) -> None:
    tablet = hand_out()
    page = tablet.page
    begin(page, booking)
    tablet.kept()
    tablet.net.mode = "cut"

    # Half of it, then somebody closes the browser.
    go_on(page)
    expect(page.locator("[data-lacks]")).to_contain_text("giấy tờ gốc")
    compare_papers(page)
    check_vehicle(page)
    photograph_vehicle(page)
    expect(page.locator("[data-slot=kept]")).to_have_text("Đã lưu nháp")
    page.close()
    page = tablet.open()
    tablet.unlock()
    expect(page.locator("[data-list=drafts]")).to_contain_text(booking.renter.full_name)
    page.locator("[data-list=drafts] a").click()

    # It goes on where it was left, with its pictures.
    expect(page.locator("h2")).to_have_text("Số km và pin")
    page.locator(".flow-step").nth(2).click()
    expect(page.locator(".shots .photo-full")).to_have_count(4)
    page.locator(".flow-step").nth(6).click()
    go_on(page)
    expect(page.locator("[data-lacks]")).to_contain_text("Km, pin")
    page.locator(".flow-step").nth(3).click()
    read_meter(page, km="1205", percent="91")
    mark_damage(page)
    sign(page)
    go_on(page)
    expect(page.locator(".toast")).to_contain_text("Đang chờ gửi")
    expect(page.locator("[data-list=out] .job")).to_contain_text("chờ gửi")
    assert SyncCommand.objects.count() == 0

    # The network is back.
    tablet.net.mode = "open"
    (command,) = tablet.until_sent(seconds=60)
    assert (command["state"], command["kind"]) == ("applied", "pickup"), command
    tablet.sync()
    (rental,) = Rental.objects.all()
    assert (rental.booking, rental.state) == (booking, RentalState.ACTIVE)
    (inspection,) = Inspection.objects.all()
    assert (inspection.odometer_km, inspection.battery_percent) == (1_205, 91)
    assert (inspection.photos.count(), inspection.damages.count()) == (4, 1)
    assert ContractSignature.objects.count() == 2


@pytest.fixture
def rental(counter: tuple[Station, User], booking: Booking, stranger: User) -> Rental:
    """Another scooter of the same model, out on the road."""
    station, attendant = counter
    vehicle = make_vehicle(station=station, model=booking.model)
    taken = paid_booking(
        renter=stranger, vehicle=vehicle, period=a_period(starts_at=next_half_hour(), hours=5)
    )
    return handed_over(booking=taken, attendant=attendant)


@pytest.mark.parametrize(
    ("size", "theme", "language"),
    [(TABLET, "light", "vi"), (TABLET_WIDE, "dark", "en"), (TABLET, "sun", "en")],
    ids=["upright-light-vi", "across-dark-en", "upright-sun-en"],
)
def test_no_screen_shuts_anybody_out(
    booking: Booking,
    rental: Rental,
    hand_out: Callable[..., EnrolledTablet],
    axe: Axe,
    size: dict[str, int],
    theme: str,
    language: str,
) -> None:
    tablet = hand_out(language=language)
    page = tablet.page
    page.set_viewport_size({"width": size["width"], "height": size["height"]})
    page.evaluate("theme => localStorage.setItem('voltgo-theme', theme)", theme)
    # A button between two colours has the contrast of neither.
    page.emulate_media(reduced_motion="reduce")
    page.reload()
    page.wait_for_load_state("networkidle")
    tablet.unlock()
    expect(page.locator("[data-list=out] .job")).to_have_count(1)
    found = {}
    vehicle = f"vehicles/{booking.allocation.vehicle.code}/"
    flows = ("walk-in/", f"pickup/{booking.code}/", f"return/{rental.booking.code}/")
    for path in ("", "vehicles/", vehicle, "cash/", "queue/", *flows):
        tablet.navigate(path)
        found[path] = axe(page) + too_wide(page)
        for number, step in enumerate(page.locator(".flow-step").all()):
            step.click()
            found[f"{path} {number}"] = axe(page) + too_wide(page)
    assert len(found) > len(flows) * 7
    page.evaluate("async () => (await import('/static/js/tablet/vault.js')).lock()")
    until(page, "document.body.hasAttribute('data-locked')")
    found["lock"] = axe(page) + too_wide(page)
    assert {name: each for name, each in found.items() if each} == {}


def too_wide(page: Page) -> list[str]:
    wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"{wider} px wider than the tablet"] if wider > 0 else []
