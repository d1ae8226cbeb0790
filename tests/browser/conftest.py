"""A real Chromium against the portal on a real port, with a local VNPay and a working job runner."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import override_settings
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.fakes.vnpay import running_sandbox
from voltgo.core import outbox

# Playwright's synchronous API keeps an event loop in the test's thread.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}
TABLET = {"width": 820, "height": 1180}
TABLET_WIDE = {"width": 1180, "height": 820}
DESKTOP = {"width": 1280, "height": 900}
# What follows an upload or a job takes its time on a busy machine: these are waits, not measurements.
expect.set_options(timeout=30_000)
LOCALES = {"vi": "vi-VN", "en": "en-GB"}


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the operating system's Chromium: no test downloads a browser."""
    path = next((path for path in CHROMIUM if Path(path).exists()), None)
    if path is None:
        pytest.fail("Chromium is missing: apt-get install chromium")
    return {**browser_type_launch_args, "executable_path": path, "args": ARGUMENTS}


@dataclass
class Portal:
    """The running portal and the people's browsers on it."""

    url: str
    browser: Browser
    # Where pictures of the pages go, if somebody wants them (VOLTGO_SCREENSHOTS); taking them takes time.
    screenshots: Path | None
    complaints: list[str]

    def person(self, *, language: str, size: dict[str, int], dark: bool = False) -> Page:
        """Return the page of somebody's own browser; what its console complains about fails the test."""
        context: BrowserContext = self.browser.new_context(
            base_url=self.url,
            viewport={"width": size["width"], "height": size["height"]},
            locale=LOCALES[language],
            timezone_id="Asia/Ho_Chi_Minh",
            color_scheme="dark" if dark else "light",
            has_touch=size["width"] < DESKTOP["width"],
        )
        context.set_default_timeout(20_000)
        page = context.new_page()
        page.on("console", lambda message: self._hear(message.type, f"{page.url}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _hear(self, kind: str, text: str) -> None:
        # A refused form is answered with 4xx on purpose; the browser logs every one of those.
        if kind == "error" and "Failed to load resource" not in text:
            self.complaints.append(text)

    def shoot(self, page: Page, name: str) -> None:
        if self.screenshots is None:
            return
        self.screenshots.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=self.screenshots / f"{name}.png", full_page=True)


@pytest.fixture
def portal(live_server: Any, browser: Browser, request: pytest.FixtureRequest) -> Iterator[Portal]:
    wanted = os.environ.get("VOLTGO_SCREENSHOTS")
    folder = Path(wanted) / request.node.name if wanted else None
    complaints: list[str] = []
    with running_sandbox(f"{live_server.url}/webhooks/vnpay/ipn") as sandbox:
        policy = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
        origin = "/".join(sandbox.pay_url.split("/")[:3])
        directives = {**policy, "form-action": [*policy["form-action"], origin]}
        settings_here = override_settings(
            CONTENT_SECURITY_POLICY={"DIRECTIVES": directives}, SITE_URL=live_server.url
        )
        with settings_here, working_jobs():
            yield Portal(live_server.url, browser, folder, complaints)
    for context in browser.contexts:
        context.close()
    assert complaints == []


@contextmanager
def working_jobs() -> Iterator[None]:
    """Run promised jobs in a thread of their own, as a worker would, until the test ends."""
    is_over = Event()

    def work() -> None:
        while not is_over.wait(0.1):
            outbox.run_all()
        connection.close()

    worker = Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        is_over.set()
        worker.join()


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """Return what axe finds on a page against WCAG 2.2 AA: rule and element."""
    script = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
    rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

    def look(page: Page) -> list[str]:
        page.evaluate(script)
        found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", rules)
        return [f"{rule['id']}: {node['target']}" for rule in found["violations"] for node in rule["nodes"]]

    return look
