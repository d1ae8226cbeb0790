"""The main job in a real browser: a renter on a phone, staff on a tablet, an operator at a desk."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import FilePayload, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from payments.intents.selectors import balance_of
from payments.invoices.models import Receipt
from rentals.bookings.models import Booking
from rentals.demo.rehearsal.props import photograph
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Rental
from stations.fleet.enums import Condition
from stations.network.models import StaffPost
from tests.browser.conftest import DESKTOP, PHONE, TABLET
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.rentals import make_tariff
from tests.factories.stations import make_post, make_scooter_model, make_station, make_vehicle
from voltgo.core import clock

NUMBER = "079094123456"
CARDS = ("citizen_card", "driving_licence")
TODAY = "%Y-%m-%d"


@pytest.fixture(params=["vi", "en"])
def language(request):
    return request.param


@pytest.fixture
def station(language):
    station = make_station(name="Bến Thành", slug="ben-thanh", code="HCM-01")
    model = make_scooter_model()
    make_tariff(model=model)
    make_vehicle(station=station, model=model, battery_percent=96)
    attendant = make_user(
        email="staff@example.vn", full_name="Bùi Quang Huy", password=PASSWORD, language=language
    )
    make_post(user=attendant, station=station, role=StaffPost.Role.ATTENDANT)
    return station


def the_next_three_hours():
    now = clock.local(clock.now())
    past = timedelta(minutes=now.minute % 30, seconds=now.second, microseconds=now.microsecond)
    start = now - past + timedelta(minutes=30)
    return start, start + timedelta(hours=3)


def sign_in(page: Page, email: str, then: str) -> None:
    page.goto(f"/account/login/?next={then}")
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form[action*='/login/'] button:not([type=button])").last.click()
    page.wait_for_url(re.compile(f".*{re.escape(then)}"))


def a_photo(title: str) -> FilePayload:
    return {"name": f"{title}.jpg", "mimeType": "image/jpeg", "buffer": photograph(title)}


def draw(page: Page, canvas: int = 0) -> None:
    """Sign on the glass: a real stroke of a finger."""
    # Before its script runs, the pad takes no ink.
    page.wait_for_load_state("networkidle")
    pad = page.locator("canvas.pad").nth(canvas)
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + box["height"] / 2)
    page.mouse.down()
    for step in range(1, 25):
        wave = 30 if step % 2 else -30
        page.mouse.move(box["x"] + 30 + step * 9, box["y"] + box["height"] / 2 + wave)
    page.mouse.up()
    assert page.locator("[data-signature-image]").nth(canvas).input_value(), "the stroke left no ink"


def go_on(page: Page) -> None:
    """Press the big button of the step and wait for the next page."""
    before = page.url
    page.locator(".next-bar .btn-big").click()
    try:
        page.wait_for_url(lambda url: url != before)
    except PlaywrightTimeout:
        said = page.locator(".errors, .err").all_inner_texts()
        raise AssertionError(f"{before} did not go on: {said}") from None


def eventually(page: Page, address: str, selector: str) -> None:
    """Open a page again until a job has put something on it."""
    for _ in range(40):
        page.goto(address)
        if page.locator(selector).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(f"{selector} never came up on {address}")


def wait_for_pdf(page: Page, address: str) -> bytes:
    """Download a document that a job may still be making."""
    for _ in range(40):
        answer = page.request.get(address)
        if answer.ok:
            return answer.body()
        page.wait_for_timeout(500)
    raise AssertionError(f"{address} was never made")


def step_of(page: Page) -> str:
    return page.url.split("?")[0].rstrip("/").rsplit("/", 1)[-1]


def photograph_all(page: Page) -> None:
    for name in page.locator("form#step input[type=file]").evaluate_all("all => all.map(one => one.name)"):
        page.locator(f"form#step input[name={name}]").set_input_files(a_photo(name))
        # Each picture is stored as soon as it is taken: then its tile says when.
        tile = page.locator(f".tile:has(input[name={name}])")
        expect(tile.locator(".photo-preview")).to_be_visible()
        expect(tile.locator(".hint")).to_be_visible()


def tick_all(page: Page, name: str) -> None:
    for box in page.locator(f"form#step input[name={name}]").all():
        box.check()


def test_from_search_to_receipt(portal, station, language, settings):
    # Made-up pictures: a person reads them. What a machine makes of papers is test_onboarding's.
    settings.KYC_READER = "none"
    renter = portal.person(language=language, size=PHONE)
    start, end = the_next_three_hours()

    # 1. Find a scooter and see its whole price.
    renter.goto("/")
    expect(renter.locator("html")).to_have_attribute("lang", language)
    portal.shoot(renter, "01-home")
    for name, value in {"from_day": f"{start:{TODAY}}", "to_day": f"{end:{TODAY}}"}.items():
        renter.locator(f"[name={name}]").fill(value)
    renter.locator("[name=from_time]").select_option(f"{start:%H:%M}")
    renter.locator("[name=to_time]").select_option(f"{end:%H:%M}")
    renter.locator("form[action='/stations/'] .btn-big").click()
    portal.shoot(renter, "02-stations")
    renter.locator("a[href*='/stations/ben-thanh/']").first.click()
    portal.shoot(renter, "03-station")
    renter.locator("a[href*='/models/']").first.click()
    portal.shoot(renter, "04-model")
    renter.locator("form[action='/quotes/'] .btn-big").click()
    renter.wait_for_url("**/quotes/*/")
    quote_url = renter.url
    portal.shoot(renter, "05-quote")

    # 2. Sign up; the quote survives.
    renter.locator("a[href*='/signup/']").first.click()
    renter.locator("[name=full_name]").fill("Trịnh Gia Bảo")
    renter.locator("[name=phone]").fill("0912 345 678")
    renter.locator("[name=email]").fill("bao@example.vn")
    renter.locator("[name=password1]").fill(PASSWORD)
    portal.shoot(renter, "06-sign-up")
    renter.locator("form[action*='/signup/'] .btn-big").click()
    renter.wait_for_url(quote_url)
    portal.shoot(renter, "07-not-eligible-yet")

    # 3. Photograph both papers; a person approves them in the admin.
    renter.goto("/account/identity/citizen_card/")
    renter.locator("[name=identity]").check()
    renter.locator("main form .btn-big").click()
    for kind, sides in {**dict.fromkeys(CARDS, ("front", "back")), "selfie": ("front",)}.items():
        renter.goto(f"/account/identity/{kind}/")
        for side in sides:
            renter.locator(f"[name={side}]").set_input_files(a_photo(f"{kind} {side}"))
        portal.shoot(renter, f"08-{kind}")
        renter.locator("[data-capture-submit]").click()
        renter.wait_for_url("**/account/identity/")
    portal.shoot(renter, "09-papers-waiting")
    make_user(
        email="operator@example.vn",
        full_name="Đặng Thu Hà",
        password=PASSWORD,
        language=language,
        is_staff=True,
        is_superuser=True,
    )
    operator = portal.person(language=language, size=DESKTOP)
    sign_in(operator, "operator@example.vn", "/admin/")
    portal.shoot(operator, "10-dashboard")
    for _ in range(2):
        operator.goto("/admin/accounts/identitydocument/next/")
        operator.locator("[name=number]").fill(NUMBER)
        operator.locator("[name=full_name]").fill("TRỊNH GIA BẢO")
        operator.locator("[name=born_on]").fill("19/08/1994")
        operator.locator("[name=issued_on]").fill("02/06/2025")
        operator.locator("[name=expires_on]").fill("02/06/2035")
        for licence_class in operator.locator("[name=licence_classes][value=A]").all():
            licence_class.check()
        portal.shoot(operator, "11-review")
        operator.locator("form:has([name=decision][value=approve]) button[type=submit]").click()
        operator.wait_for_load_state()

    # 4. Hold. 5. Pay on the provider's page.
    renter.goto(quote_url)
    renter.locator("form[action$='/hold/'] .btn-big").click()
    renter.wait_for_url("**/payments/**")
    portal.shoot(renter, "12-pay")
    # Nothing is chosen for the payer.
    renter.locator("[name=method][value=vnpay]").check()
    renter.locator("form[action$='/start/'] .btn-big").click()
    portal.shoot(renter, "13-vnpay")
    renter.locator("button[value=success]").click()
    renter.locator("a[href*='/bookings/VG-']").first.wait_for()
    portal.shoot(renter, "14-paid")
    booking = Booking.objects.get()
    # 6. The contract is drawn up by a job.
    eventually(renter, f"/bookings/{booking.code}/", "a[href*='/contracts/']")
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    portal.shoot(renter, "15-booking")

    # 7. Pickup on the tablet.
    staff = portal.person(language=language, size=TABLET)
    sign_in(staff, "staff@example.vn", "/station/")
    expect(staff.locator("main")).to_contain_text("Trịnh Gia Bảo")
    portal.shoot(staff, "16-board")
    staff.goto("/station/scan/")
    portal.shoot(staff, "17-scan")
    staff.locator("[name=code]").fill(booking.code.lower())
    staff.locator("main form .btn-big").click()
    staff.wait_for_load_state()
    if "/handovers/" not in staff.url:
        portal.shoot(staff, "18-booking")
        staff.locator(".next-bar .btn-big").click()
    staff.wait_for_url("**/papers/")
    portal.shoot(staff, "19-papers")
    tick_all(staff, "compared")
    go_on(staff)
    tick_all(staff, "checked")
    portal.shoot(staff, "20-checklist")
    go_on(staff)
    photograph_all(staff)
    portal.shoot(staff, "21-photos")
    go_on(staff)
    staff.locator("[name=odometer_km]").fill("12345")
    staff.locator("[name=battery_percent]").fill("96")
    portal.shoot(staff, "22-readings")
    go_on(staff)
    portal.shoot(staff, "23-old-marks")
    go_on(staff)
    assert step_of(staff) == "contract"
    draw(staff, 0)
    draw(staff, 1)
    portal.shoot(staff, "24-signatures")
    go_on(staff)
    staff.locator("[name=sure]").check()
    portal.shoot(staff, "25-keys")
    go_on(staff)
    portal.shoot(staff, "26-handed-over")
    rental = Rental.objects.get()
    assert (rental.state, rental.vehicle.condition) == (RentalState.ACTIVE, Condition.ON_RENTAL)
    renter.goto(f"/bookings/{booking.code}/")
    portal.shoot(renter, "27-under-way")

    # 8. Return with one new scratch.
    staff.goto(f"/station/bookings/{booking.code}/")
    staff.locator(".next-bar .btn-big").click()
    staff.wait_for_url("**/returns/**")
    for _ in range(3):
        if step_of(staff) != "photos":
            portal.shoot(staff, f"28-{step_of(staff)}")
            go_on(staff)
    photograph_all(staff)
    portal.shoot(staff, "29-photos-beside")
    go_on(staff)
    staff.locator("[name=odometer_km]").fill("12368")
    staff.locator("[name=battery_percent]").fill("71")
    tick_all(staff, "checked")
    portal.shoot(staff, "30-readings")
    go_on(staff)
    if not staff.locator("[name=pins_part]").is_visible():
        staff.locator("main details summary").last.click()
    staff.locator("[name=pins_part]").select_option(index=2)
    staff.locator("[name=kind][value=scratch]").check()
    staff.locator("[name=note]").fill("4 cm")
    staff.locator("[name=charge_amount]").fill("200000")
    staff.locator("[name=upload]").set_input_files(a_photo("scratch"))
    portal.shoot(staff, "31-damage")
    staff.locator("form[enctype='multipart/form-data'] .btn-wide").click()
    expect(staff.locator("body")).to_contain_text("200.000")
    go_on(staff)
    staff.locator("[name=sure]").check()
    portal.shoot(staff, "32-charges")
    go_on(staff)
    draw(staff)
    portal.shoot(staff, "33-acceptance")
    go_on(staff)
    portal.shoot(staff, "34-done")
    rental.refresh_from_db()
    assert rental.state == RentalState.CLOSED
    assert rental.settlement.captured_amount == rental.settlement.extra_amount == 200_000
    assert balance_of(booking.reference).is_zero

    # The vehicle is ready again only through its checklist.
    rental.vehicle.refresh_from_db()
    assert rental.vehicle.condition == Condition.PREPARATION
    staff.goto(f"/station/vehicles/{rental.vehicle.code}/prepare/")
    tick_all(staff, "checked")
    staff.locator("[name=battery_percent]").fill("100")
    portal.shoot(staff, "35-prepare")
    go_on(staff)
    rental.vehicle.refresh_from_db()
    assert rental.vehicle.condition == Condition.READY

    # 9. The renter's pages: the trip, its contract and its receipt.
    renter.goto("/bookings/")
    portal.shoot(renter, "36-trips")
    renter.goto(f"/bookings/{booking.code}/")
    portal.shoot(renter, "37-trip")
    receipt = Receipt.objects.get()
    eventually(renter, f"/bookings/{booking.code}/", f"a[href='{receipt.get_absolute_url()}']")
    assert wait_for_pdf(renter, receipt.get_absolute_url()).startswith(b"%PDF-")
    renter.goto("/account/notifications/")
    portal.shoot(renter, "38-messages")
