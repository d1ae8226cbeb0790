"""A day at the counter without network: everything is done on the tablet, the browser is closed and opened again, and
when the network is back all of it is with the server, once: every command, and every byte of every file."""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from accounts.kyc.models import DocumentImage
from accounts.users.models import User
from payments.cash.models import CashMovement, CashSession
from payments.intents.models import Payment
from rentals.bookings.enums import Channel
from rentals.bookings.models import Booking
from rentals.contracts.models import ContractSignature
from rentals.handovers.enums import Acceptance, RentalState
from rentals.handovers.models import Inspection, Rental, Settlement
from rentals.sync import walk_in_text
from rentals.sync.enums import CommandState
from rentals.sync.models import SyncAttachment, SyncCommand, SyncConflict, SyncFile
from stations.network.models import Station
from stations.tablets import services as tablets
from stations.tablets.access import COOKIE, COOKIE_PATH
from tests.browser.conftest import TABLET
from tests.browser.tablet.conftest import PIN, EnrolledTablet
from tests.browser.tablet.proxy import Proxy
from tests.browser.tablet.test_pickup import (
    a_photo,
    begin,
    check_vehicle,
    compare_papers,
    draw,
    go_on,
    mark_damage,
    photograph_vehicle,
    read_meter,
    sign,
)
from tests.factories.accounts import make_renter, make_user
from tests.factories.devices import cookie_of, make_tablet
from tests.factories.handovers import handed_over, paid_booking
from tests.factories.rentals import a_period, make_tariff, next_half_hour
from tests.factories.stations import make_post, make_scooter_model, make_station, make_vehicle
from voltgo.core.actors import SYSTEM

YEAR = 365 * 24 * 3600
# Every command as it goes over the wire, with the hash that the server has to come to.
WIRED = """async () => {
    const outbox = await import("/static/js/tablet/outbox.js");
    const { sha256OfValue } = await import("/static/js/tablet/hash.js");
    const found = [];
    for (const command of await outbox.all()) {
        const wired = await outbox.wire(command);
        found.push({ id: command.id, kind: command.kind, sha256: await sha256OfValue(wired), files: wired.files });
    }
    return JSON.stringify(found);
}"""


@pytest.fixture
def counter() -> tuple[Station, User]:
    station = make_station(name="Bến Thành", slug="ben-thanh", code="HCM-01")
    attendant = make_user(email="staff@example.vn", full_name="Bùi Quang Huy")
    make_post(user=attendant, station=station)
    return station, attendant


@pytest.fixture
def day(counter: tuple[Station, User], renter: User) -> dict[str, Booking]:
    """A booking that is to go out, a rental that comes back, and a scooter that nobody has booked."""
    station, attendant = counter
    model = make_scooter_model()
    make_tariff(model=model)
    vehicles = [
        make_vehicle(station=station, model=model, battery_percent=96, odometer_km=1_200)
        for _each in range(3)
    ]
    period = a_period(starts_at=next_half_hour(), hours=5)
    back = paid_booking(
        renter=make_renter(email="le@example.vn", full_name="Lê Thu Hà", phone="0900000031"),
        vehicle=vehicles[1],
        period=period,
    )
    handed_over(booking=back, attendant=attendant, odometer_km=1_200)
    return {"out": paid_booking(renter=renter, vehicle=vehicles[0], period=period), "back": back}


@pytest.fixture
def start(
    playwright: Playwright,
    browser_type_launch_args: dict[str, Any],
    net: Proxy,
    counter: tuple[Station, User],
    tmp_path: Path,
) -> Iterator[Callable[[], EnrolledTablet]]:
    """Start the tablet's browser; called again, it starts anew with what the last one left on the disk."""
    station, attendant = counter
    tablets.set_pin(user=attendant, pin=PIN, by=SYSTEM)
    enrolment = make_tablet(station=station, user=attendant)
    row, cookie = enrolment.tablet, cookie_of(enrolment)
    running: list[BrowserContext] = []

    def begin_browser() -> EnrolledTablet:
        for context in running:
            context.close()
        running.clear()
        context = playwright.chromium.launch_persistent_context(
            tmp_path / "browser",
            **browser_type_launch_args,
            base_url=net.url,
            viewport={"width": TABLET["width"], "height": TABLET["height"]},
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
            has_touch=True,
        )
        context.set_default_timeout(20_000)
        running.append(context)
        until = time.time() + YEAR
        context.add_cookies(
            [
                {"name": COOKIE, "value": cookie, "domain": "127.0.0.1", "path": COOKIE_PATH, "expires": until},
                {"name": "django_language", "value": "vi", "domain": "127.0.0.1", "path": "/", "expires": until},
            ]
        )  # fmt: skip
        tablet = EnrolledTablet(station, attendant, row, context, net, [])
        tablet.open()
        tablet.unlock()
        return tablet

    yield begin_browser
    for context in running:
        context.close()


def open_drawer(tablet: EnrolledTablet) -> None:
    page = tablet.page
    tablet.navigate("cash/")
    page.get_by_role("link", name="Mở ca két").click()
    page.locator("[data-note='500000']").fill("4")
    page.locator("[data-note='50000']").fill("10")
    page.locator("#cash-note").fill("Tiền lẻ công ty giao đầu ca")
    page.locator("form button[type=submit]").click()
    expect(page.locator("[data-lines]")).to_contain_text("2.500.000")


def hand_over(tablet: EnrolledTablet, booking: Booking) -> None:
    page = tablet.page
    tablet.navigate("")
    begin(page, booking)
    compare_papers(page)
    check_vehicle(page)
    photograph_vehicle(page)
    read_meter(page, km="1205", percent="91")
    mark_damage(page)
    sign(page)
    go_on(page)
    expect(page.locator(".toast")).to_contain_text("Đang chờ gửi")


def take_back(tablet: EnrolledTablet, booking: Booking) -> None:
    """Take a scooter back with a dent that is charged, accepted on the glass."""
    page = tablet.page
    tablet.navigate(f"return/{booking.code}/")
    expect(page.locator("h2")).to_have_text("Khách đưa xe về")
    go_on(page)
    photograph_vehicle(page)
    read_meter(page, km="1250", percent="15")
    check_vehicle(page)
    page.locator("[data-part-choice]").select_option("seat")
    page.locator("[data-add]").click()
    page.locator(".pin-card input[type=file]").set_input_files([a_photo("dent")])
    expect(page.locator(".pin-photo.photo-full")).to_have_count(1)
    page.locator("[data-charge-input]").fill("200000")
    go_on(page)
    expect(page.locator("[data-extra]")).to_contain_text("Cộng phát sinh")
    go_on(page)
    page.locator("input[value=signature]").check()
    draw_in(page, "[data-sign]")
    go_on(page)
    expect(page.locator(".toast")).to_contain_text("Đã nhận lại xe")


def draw_in(page: Page, place: str) -> None:
    pad = page.locator(f"{place} canvas")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    left, middle = box["x"] + 30, box["y"] + box["height"] / 2
    page.mouse.move(left, middle)
    page.mouse.down()
    for step in range(1, 20):
        page.mouse.move(left + step * 9, middle + (30 if step % 2 else -30))
    page.mouse.up()
    expect(page.locator(f"{place} .sign-done")).to_have_count(1)


def walk_in(tablet: EnrolledTablet) -> None:
    """Serve somebody new: papers, the scooter that stands there, cash for rent and deposit."""
    page = tablet.page
    tablet.navigate("walk-in/")
    typed = {
        "#walk-name": "Phạm Văn Nam",
        "#walk-phone": "0912 345 678",
        "#walk-email": "nam@example.vn",
        "#walk-born": "1994-05-06",
        "#walk-number": "790123456789",
        "#walk-expires": "2036-01-31",
    }
    for field, value in typed.items():
        page.locator(field).fill(value)
    page.locator("#walk-class").select_option("A1")
    go_on(page)
    for tick in page.locator("[data-tick]").all():
        tick.check()
    papers = page.locator(".shots input[type=file]")
    expect(papers).to_have_count(5)
    for number in range(5):
        papers.nth(number).set_input_files([a_photo(f"paper {number}")])
        expect(page.locator(".shots .photo-full")).to_have_count(number + 1)
    go_on(page)
    expect(page.locator(".job")).to_have_count(1)
    page.locator("[data-choose]").click()
    expect(page.locator("[data-choose]")).to_contain_text("Đã chọn")
    go_on(page)
    check_vehicle(page)
    photograph_vehicle(page)
    read_meter(page, km="1201", percent="95")
    go_on(page)
    page.locator("[data-consent]").check()
    draw(page, "renter")
    draw(page, "staff")
    go_on(page)
    page.locator("[data-take]").click()
    go_on(page)
    expect(page.locator(".toast")).to_contain_text("Phạm Văn Nam")


@pytest.mark.slow
def test_a_day_without_network_is_all_there_once(
    day: dict[str, Booking], start: Callable[[], EnrolledTablet]
) -> None:
    tablet = start()
    tablet.kept()
    tablet.net.mode = "cut"
    open_drawer(tablet)
    hand_over(tablet, day["out"])
    take_back(tablet, day["back"])
    walk_in(tablet)
    made = json.loads(tablet.page.evaluate(WIRED))
    assert [each["kind"] for each in made] == ["cash_open", "pickup", "return", "walk_in"]
    assert SyncCommand.objects.count() == 0

    # The browser is closed and opened again, still without network: nothing is lost.
    tablet = start()
    assert json.loads(tablet.page.evaluate(WIRED)) == made

    tablet.net.mode = "open"
    sent = tablet.until_sent(seconds=60)
    assert [(each["kind"], each["state"]) for each in sent] == [(each["kind"], "applied") for each in made], (
        sent
    )
    tablet.sync()
    assert_all_there(made)
    assert_done_once(day)
    assert tablet.complaints == []


def assert_all_there(made: list[dict[str, Any]]) -> None:
    """Compare every command and every byte of its files with the database."""
    rows = {str(row.pk): row for row in SyncCommand.objects.all()}
    assert {each["id"]: each["sha256"] for each in made} == {
        key: row.body_sha256 for key, row in rows.items()
    }
    assert {row.state for row in rows.values()} == {CommandState.APPLIED}
    assert not SyncConflict.objects.exists()
    told = {(each["id"], file["role"]): file["sha256"] for each in made for file in each["files"]}
    kept = SyncAttachment.objects.values_list("command_id", "role", "sha256")
    assert {(str(command), role): sha256 for command, role, sha256 in kept} == told
    # Pictures of papers have gone to where papers are kept, and nowhere else.
    papers = {sha256 for (_command, role), sha256 in told.items() if role.startswith("paper:")}
    assert (
        set(DocumentImage.objects.exclude(uploaded_sha256="").values_list("uploaded_sha256", flat=True))
        == papers
    )
    for name in set(told.values()) - papers:
        with SyncFile.objects.get(sha256=name).file.open("rb") as file:
            assert hashlib.sha256(file.read()).hexdigest() == name


def assert_done_once(day: dict[str, Booking]) -> None:
    """See that each thing has happened once, as it was done."""
    handed = Rental.objects.get(booking=day["out"])
    assert handed.state == RentalState.ACTIVE
    back = Settlement.objects.get(rental__booking=day["back"])
    assert (back.rental.state, back.acceptance) == (RentalState.CLOSED, Acceptance.SIGNATURE)
    assert back.extra_amount == 250_000
    new = Booking.objects.get(channel=Channel.COUNTER)
    assert (new.renter.full_name, new.rental.state) == ("Phạm Văn Nam", RentalState.ACTIVE)
    # The words that they signed under are those that the server would have put there.
    payload = SyncCommand.objects.get(kind="walk_in").body["payload"]
    assert walk_in_text.fits(payload, vehicle=new.allocation.vehicle, station=new.pickup_station)
    assert Rental.objects.count() == 3
    assert Inspection.objects.count() == 4
    assert ContractSignature.objects.count() == 6
    (session,) = CashSession.objects.all()
    assert session.opening_amount == 2_500_000
    taken = CashMovement.objects.filter(kind="payment")
    paid = new.quote.total_amount + new.quote.deposit_amount
    assert [movement.amount for movement in taken] == [paid]
    assert Payment.objects.filter(intent__reference=new.reference).count() == 1
