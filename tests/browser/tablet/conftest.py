"""Tablets in a real Chromium behind a network that can be cut: with a centre of the tests' own, or with the portal.

`bench` is a page without screens against a small centre (centre.py): fast, for what the outbox does.
`tablet` is the whole app against the portal and its database: an enrolled tablet, unlocked, at a station.
"""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page

from accounts.users.models import User
from stations.network.models import Station
from stations.tablets import services as tablets
from stations.tablets.access import COOKIE, COOKIE_PATH
from stations.tablets.models import Tablet
from tests.browser.conftest import TABLET
from tests.browser.tablet.centre import Centre, Server
from tests.browser.tablet.proxy import Proxy
from tests.factories.accounts import make_user
from tests.factories.devices import cookie_of, make_tablet
from tests.factories.stations import make_post, make_station
from voltgo.core.actors import SYSTEM

PIN = "581047"
APP = "/station/tablet/"


def until(page: Page, expression: str, *, seconds: float = 20) -> Any:
    """Wait until an expression is true in the page. wait_for_function takes a promise for true, so this asks again."""
    end = time.monotonic() + seconds
    while True:
        with suppress(Error):  # The page went on to another in the middle of the question.
            if found := page.evaluate(expression):
                return found
        if time.monotonic() > end:
            raise AssertionError(f"never came true: {expression}")
        page.wait_for_timeout(40)


def new_context(browser: Browser, url: str, **options: Any) -> BrowserContext:
    context = browser.new_context(
        base_url=url,
        viewport={"width": TABLET["width"], "height": TABLET["height"]},
        locale=options.pop("locale", "vi-VN"),
        timezone_id="Asia/Ho_Chi_Minh",
        has_touch=True,
        **options,
    )
    context.set_default_timeout(20_000)
    return context


# --- Against a centre of our own ------------------------------------------------------------------


@pytest.fixture(scope="session")
def centre_server() -> Iterator[Server]:
    server = Server()
    yield server
    server.shutdown()
    server.server_close()


@dataclass
class Bench:
    """A tablet's page without screens, the network before it and the centre behind it."""

    context: BrowserContext
    net: Proxy
    centre: Centre
    page: Page = field(init=False)

    def open(self) -> Page:
        """Open the page, as after a start of the browser."""
        self.page = self.context.new_page()
        return self._ready(self.page)

    def reload(self) -> Page:
        self.page.reload()
        return self._ready(self.page)

    def reopen(self) -> Page:
        """Close the tab and open another."""
        self.page.close()
        return self.open()

    def run(self, script: str, argument: Any = None) -> Any:
        return self.page.evaluate(script, argument)

    def pickup(self, code: str, **options: Any) -> str:
        """Store a pickup; return its id."""
        made: str = self.run("([code, options]) => pickup(code, options)", [code, options])
        return made

    def send(self, **options: Any) -> dict[str, Any]:
        """Send what waits; return the state after."""
        state: dict[str, Any] = self.run("options => send(options)", options)
        return state

    def commands(self) -> list[dict[str, Any]]:
        """Return what the outbox holds, as it tells the screens."""
        found = self.run("async () => JSON.stringify(await outbox.list())")
        listed: list[dict[str, Any]] = json.loads(found)
        return listed

    def states(self) -> list[str]:
        return [command["state"] for command in self.commands()]

    def size_of(self, store: str) -> int:
        """Count the rows of a store."""
        counting = "name => store.tx([name], 'readonly', of => store.answer(of(name).count()))"
        count: int = self.run(counting, store)
        return count

    @staticmethod
    def _ready(page: Page) -> Page:
        until(page, "window.isReady === true")
        return page


@pytest.fixture
def bench(browser: Browser, centre_server: Server) -> Iterator[Bench]:
    centre = centre_server.begin()
    net = Proxy("127.0.0.1", centre_server.server_address[1])
    context = new_context(browser, net.url)
    bench = Bench(context, net, centre)
    # The page's own address is one of the app's; the centre answers all of them alike.
    original = context.new_page

    def new_page() -> Page:
        page = original()
        page.goto(APP)
        return page

    context.new_page = new_page  # type: ignore[method-assign]
    bench.open()
    yield bench
    context.close()
    net.close()


# --- Against the portal ---------------------------------------------------------------------------


@pytest.fixture
def net(live_server: Any) -> Iterator[Proxy]:
    """The network between the tablet and the portal."""
    address = urlsplit(live_server.url)
    assert address.hostname is not None
    assert address.port is not None
    proxy = Proxy(address.hostname, address.port)
    yield proxy
    proxy.close()


@dataclass
class EnrolledTablet:
    """A tablet at a station, in a browser of its own, in the hands of one of its people."""

    station: Station
    user: User
    tablet: Tablet
    context: BrowserContext
    net: Proxy
    complaints: list[str]
    page: Page = field(init=False)

    def open(self, path: str = "") -> Page:
        """Open a screen of the app in a new tab."""
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self._hear(message.type, message.text))
        self.page.goto(f"{APP}{path}")
        return self.page

    def unlock(self, *, pin: str = PIN) -> None:
        """Give the PIN, past the lock screen: with network by the server, without by what the tablet keeps."""
        unlocking = """async ([user, pin]) => {
            const vault = await import("/static/js/tablet/vault.js");
            try {
                await vault.unlockOnline(user, pin);
            } catch {
                await vault.unlockOffline(user, pin);
            }
        }"""
        self.page.evaluate(unlocking, [self.user.public_id, pin])

    def kept(self) -> None:
        """Wait until the worker keeps the app, so that it opens without network."""
        # Not `ready`: it would wait for ever for a worker that cannot be installed.
        until(self.page, "navigator.serviceWorker.getRegistration().then(found => Boolean(found?.active))")
        until(self.page, "navigator.serviceWorker.controller !== null")

    def navigate(self, path: str) -> None:
        """Go to a screen within the app."""
        going = 'async path => (await import("/static/js/tablet/app.js")).navigate(path)'
        self.page.evaluate(going, path)

    def enqueue(self, command: dict[str, Any]) -> str:
        """Store a command without files as a screen would; return its id."""
        storing = 'async command => (await import("/static/js/tablet/outbox.js")).enqueue(command)'
        made: str = self.page.evaluate(storing, command)
        return made

    def commands(self) -> list[dict[str, Any]]:
        """Return what the outbox holds, as it tells the screens."""
        listing = 'async () => JSON.stringify(await (await import("/static/js/tablet/outbox.js")).list())'
        listed: list[dict[str, Any]] = json.loads(self.page.evaluate(listing))
        return listed

    def sync(self) -> dict[str, Any]:
        """Send what waits now; return the state after."""
        syncing = 'async () => (await import("/static/js/tablet/sync.js")).syncNow({everything: true})'
        state: dict[str, Any] = self.page.evaluate(syncing)
        return state

    def until_sent(self, *, seconds: float = 30) -> list[dict[str, Any]]:
        """Wait until the server has decided on everything; return what the outbox holds."""
        end = time.monotonic() + seconds
        while any(each["state"] in {"queued", "files", "delivered"} for each in self.commands()):
            assert time.monotonic() < end, self.commands()
            self.sync()
            self.page.wait_for_timeout(100)
        return self.commands()

    def _hear(self, kind: str, text: str) -> None:
        # A cut network is logged by the browser with every request that it costs.
        if kind == "error" and "Failed to load resource" not in text and "net::ERR" not in text:
            self.complaints.append(text)


@pytest.fixture
def counter() -> tuple[Station, User]:
    """A station and an attendant with a PIN; override it to have more there."""
    station = make_station(name="Bến Thành", slug="ben-thanh", code="HCM-01")
    attendant = make_user(email="staff@example.vn", full_name="Bùi Quang Huy")
    make_post(user=attendant, station=station)
    return station, attendant


@pytest.fixture
def hand_out(
    browser: Browser, net: Proxy, counter: tuple[Station, User]
) -> Iterator[Callable[..., EnrolledTablet]]:
    """Enrol a tablet and open the app on it, unlocked unless told otherwise; may be called for several."""
    handed: list[EnrolledTablet] = []
    station, attendant = counter
    if not hasattr(attendant, "staff_pin"):
        tablets.set_pin(user=attendant, pin=PIN, by=SYSTEM)

    def hand(
        *, user: User | None = None, is_unlocked: bool = True, language: str = "vi", **options: Any
    ) -> Any:
        enrolment = make_tablet(station=station, user=attendant)
        row, cookie = enrolment.tablet, cookie_of(enrolment)
        context = new_context(browser, net.url, **options)
        context.add_cookies(
            [
                {"name": COOKIE, "value": cookie, "domain": "127.0.0.1", "path": COOKIE_PATH},
                {"name": "django_language", "value": language, "domain": "127.0.0.1", "path": "/"},
            ]
        )
        one = EnrolledTablet(station, user or attendant, row, context, net, [])
        handed.append(one)
        one.open()
        if is_unlocked:
            one.unlock()
        return one

    yield hand
    for one in handed:
        one.context.close()
    assert [text for one in handed for text in one.complaints] == []


@pytest.fixture
def tablet(hand_out: Callable[..., EnrolledTablet]) -> EnrolledTablet:
    """One enrolled tablet, its app open and unlocked."""
    handed: EnrolledTablet = hand_out()
    return handed
