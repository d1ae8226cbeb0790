"""The lock of a tablet in a real browser: enrolled, opened without network, tried too often, lost and found."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from accounts.access.actors import operator_actor, staff_actor
from stations.network.models import StaffPost
from stations.tablets import services
from stations.tablets.models import StaffPin, Tablet
from tests.browser.tablet.conftest import new_context, until
from tests.factories.accounts import PASSWORD, make_user
from tests.factories.stations import make_post, make_station

PIN = "581047"
WRONG = "274916"
SECRET = "Nguyễn Minh Anh, 079094123456"


@pytest.fixture
def supervisor():
    station = make_station(name="Bến Thành", slug="ben-thanh", code="HCM-01")
    user = make_user(email="supervisor@example.vn", full_name="Bùi Quang Huy", password=PASSWORD)
    make_post(user=user, station=station, role=StaffPost.Role.SUPERVISOR)
    return user


@pytest.fixture
def page(browser, net):
    context = new_context(browser, net.url)
    yield context.new_page()
    context.close()


def sign_in(page: Page, then: str) -> None:
    page.goto(f"/account/login/?next={then}")
    page.locator("[name=login]").fill("supervisor@example.vn")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("form[action*='/login/'] button:not([type=button])").last.click()
    page.wait_for_url(re.compile(f".*{re.escape(then)}"))


def choose(page: Page) -> None:
    page.locator(".lock-person", has_text="Bùi Quang Huy").click()


def type_pin(page: Page, pin: str) -> None:
    for digit in pin:
        page.locator(f"[data-digit='{digit}']").click()


def is_open(page: Page) -> None:
    expect(page.locator("[data-lock]")).to_contain_text("Bùi Quang Huy")
    expect(page.locator(".lock")).to_have_count(0)


def vault(page: Page, script: str, argument: object = None) -> str:
    """Run a script with the app's vault and return what it says, or the name of what it throws."""
    running = f"""async argument => {{
        const vault = await import("/static/js/tablet/vault.js");
        try {{ return await ({script})(vault, argument); }} catch (error) {{ return error.code ?? error.name; }}
    }}"""
    said: str = page.evaluate(running, argument)
    return said


READ = """async (vault, box) => new TextDecoder().decode(
    await vault.decrypt({iv: new Uint8Array(box.iv), data: new Uint8Array(box.data)}))"""
HIDE = """async (vault, text) => {
    const { iv, data } = await vault.encrypt(new TextEncoder().encode(text));
    return { iv: [...iv], data: [...new Uint8Array(data)] };
}"""


def test_a_tablet_is_enrolled_opened_without_network_lost_and_found(page, net, supervisor, operator):
    # A supervisor makes the device a tablet, and sets a PIN.
    sign_in(page, "/station/tablets/")
    page.locator("[name=name]").fill("Quầy 1")
    page.locator("form[action$='/enrol/'] .btn-big").click()
    expect(page.locator("main")).to_contain_text("Bạn đang dùng máy Quầy 1")
    tablet = Tablet.objects.get()
    page.goto("/station/pin/")
    for name in ("pin", "again"):
        page.locator(f"[name={name}]").fill(PIN)
    page.locator("#step .btn-big").click()
    expect(page.locator(".note-ok").first).to_be_visible()
    assert StaffPin.objects.get().user == supervisor

    # Who is signed in goes straight on into the app, which the worker keeps.
    page.goto("/station/")
    assert page.url.endswith("/station/tablet/")
    is_open(page)
    until(page, "navigator.serviceWorker.ready.then(() => true)")
    until(page, "navigator.serviceWorker.controller !== null")

    # Locked by hand, opened by the server; what is hidden now must be read again by the same key.
    page.locator("[data-lock]").click()
    choose(page)
    type_pin(page, PIN)
    is_open(page)
    hidden = vault(page, HIDE, SECRET)
    assert vault(page, READ, hidden) == SECRET

    # Without network the page comes from the worker, and this tablet checks the PIN.
    net.mode = "cut"
    page.reload()
    choose(page)
    type_pin(page, WRONG)
    expect(page.locator(".lock-said")).to_contain_text("Còn 4 lần thử.")
    assert vault(page, READ, hidden) == "locked"
    type_pin(page, PIN)
    is_open(page)
    assert vault(page, READ, hidden) == SECRET

    # Five wrong tries in a row destroy what is kept for the person; a reload gives none back.
    page.locator("[data-lock]").click()
    choose(page)
    for left in (4, 3):
        type_pin(page, WRONG)
        expect(page.locator(".lock-said")).to_contain_text(f"Còn {left} lần thử.")
    page.reload()
    choose(page)
    for left in (2, 1):
        type_pin(page, WRONG)
        expect(page.locator(".lock-said")).to_contain_text(f"Còn {left} lần thử.")
    type_pin(page, WRONG)
    expect(page.locator(".lock-said")).to_contain_text("Đã nhập sai năm lần")
    type_pin(page, PIN)
    expect(page.locator(".lock-said")).to_contain_text("Hãy nối mạng một lần")
    page.evaluate(
        """async () => (await import("/static/js/tablet/copies.js")).update((record) => {
            record.spent = 24 * 3_600_000;
        })"""
    )
    type_pin(page, PIN)
    expect(page.locator(".lock-said")).to_contain_text("đã quá 24 giờ")
    net.mode = "open"
    type_pin(page, PIN)
    is_open(page)

    # Lost: at the next contact nothing here can be read, and what waits stays.
    command = {"kind": "note", "subject": "booking:VG-222222", "payload": {"text": SECRET}}
    net.mode = "cut"
    page.evaluate('async command => (await import("/static/js/tablet/outbox.js")).enqueue(command)', command)
    services.revoke_tablet(tablet=tablet, reason="Mất", by=staff_actor(supervisor, supervisor=True))
    net.mode = "open"
    # The page loads itself anew, so that its memory forgets as well.
    with page.expect_navigation():
        page.evaluate('() => void import("/static/js/tablet/sync.js").then((sync) => sync.syncNow())')
    expect(page.locator("h1")).to_contain_text("Máy này đã bị thu hồi")
    for _page in ("the server's", "the worker's"):
        assert vault(page, READ, hidden) == "locked"
        assert vault(page, f'vault => vault.unlockOffline("{supervisor.public_id}", "{PIN}")') == "revoked"
        net.mode = "cut"
        page.goto("/station/tablet/")
        expect(page.locator("[data-view=revoked]")).to_be_visible()
    kept = kept_by(page)
    assert "Minh Anh" not in kept
    assert "VG-222222" in kept

    # Found: an operator re-instates it, and its people read what it kept.
    services.reinstate_tablet(tablet=tablet, reason="Tìm thấy", by=operator_actor(operator))
    net.mode = "open"
    page.goto("/station/tablet/")
    choose(page)
    type_pin(page, PIN)
    is_open(page)
    assert vault(page, READ, hidden) == SECRET

    # Left alone for five minutes it locks: the next touch finds the lock, and nobody is signed in.
    page.evaluate("() => { const now = Date.now.bind(Date); Date.now = () => now() + 300_000; }")
    with page.expect_response("**/station/api/lock"):
        page.locator("main").click(position={"x": 5, "y": 5})
    expect(page.locator(".lock-person")).to_have_count(1)
    page.goto("/station/vehicles/")
    page.wait_for_url("**/station/unlock/**")


def kept_by(page: Page) -> str:
    """Return everything that lies in the tablet's database, as text: bytes by their letters."""
    reading = """async () => {
        const { tx, answer } = await import("/static/js/tablet/store.js");
        const names = ["meta", "snapshot", "drafts", "draft_files", "commands", "files"];
        const rows = await tx(names, "readonly", (store) =>
            Promise.all(names.map((name) => answer(store(name).getAll()))));
        return JSON.stringify(rows, (_name, value) =>
            value instanceof ArrayBuffer || ArrayBuffer.isView(value)
                ? new TextDecoder().decode(value) : value);
    }"""
    return json.dumps(json.loads(page.evaluate(reading)), ensure_ascii=False)
