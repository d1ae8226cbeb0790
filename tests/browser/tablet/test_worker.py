"""The app as it is installed: it opens without network, and a new version waits for a person."""

import re

import pytest
from playwright.sync_api import expect

from rentals.sync.models import SyncCommand
from rentals.sync.services.carried import take_in_export
from rentals.tablet import assets
from voltgo.core.actors import SYSTEM

QUEUE = "queue/"
SAVED = """async () => {
    const {exportAll} = await import("/static/js/tablet/export.js");
    return (await exportAll(document.body.dataset)).blob.text();
}"""


@pytest.fixture
def next_release(monkeypatch):
    """Let the server have another version of the app from now on."""

    def release() -> str:
        build = assets._Build()
        build.version = "next-" + build.version[:8]
        monkeypatch.setattr(assets, "_built", lambda: build)
        return build.version

    return release


def rows(page, section: str):
    return page.locator(f"[data-list='{section}'] .queue-job")


def test_without_network_the_app_opens_in_both_languages_and_says_what_waits(tablet, net):
    tablet.kept()
    net.set("cut")
    tablet.navigate(QUEUE)
    made = tablet.enqueue(
        {"kind": "note", "subject": "booking:VG-7K2M4Q", "payload": {"text": "x"}, "title": "51K-123.45"}
    )
    expect(rows(tablet.page, "waiting")).to_contain_text("51K-123.45")

    # The tab is closed; another opens from what the worker keeps, locked, so that titles are hidden.
    tablet.page.close()
    page = tablet.open(QUEUE)
    expect(page.locator("h1")).to_have_text("Việc trên máy này")
    expect(rows(page, "waiting")).to_contain_text("VG-7K2M4Q")
    expect(page.locator("[data-notes]")).to_contain_text("1 việc đang chờ. Hãy mở khóa máy để gửi.")

    page.locator("[data-language-switch]").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator(".queue-job")).to_have_count(1)

    # What the queue saves to a file is opened by the centre; the tablet may send the same afterwards.
    tablet.unlock()
    carried = take_in_export(text=page.evaluate(SAVED), by=SYSTEM)
    assert [result.id for result in carried.results] == [made]
    net.set("open")
    assert [command["id"] for command in tablet.until_sent()] == [made]
    assert SyncCommand.objects.count() == 1


def test_a_new_version_waits_until_a_person_takes_it_and_the_queue_stays(tablet, net, next_release):
    tablet.kept()
    page = tablet.page
    net.set("cut")
    tablet.enqueue({"kind": "note", "subject": "booking:VG-7K2M4Q", "payload": {"text": "x"}})
    before = page.evaluate("document.body.dataset.appVersion")
    version = next_release()
    net.set("open")

    page.evaluate("navigator.serviceWorker.ready.then(found => found.update()).then(() => true)")
    notice = page.locator("[data-update]")
    expect(notice).to_be_visible()
    # The page and its worker are still of one version, also after a reload.
    page.reload()
    expect(notice).to_be_visible()
    assert page.evaluate("document.body.dataset.appVersion") == before

    notice.locator("button").click()
    expect(page.locator("body")).to_have_attribute("data-app-version", version)
    expect(page.locator("main h1").first).to_be_visible()
    kept = page.evaluate("caches.keys()")
    assert [name for name in kept if "settings" not in name] == [f"voltgo-tablet-{version}"]
    tablet.unlock()
    assert len(tablet.until_sent()) == 1


def test_a_portal_of_a_strange_network_is_no_page_of_the_app(tablet, net):
    tablet.kept()
    net.set("portal")

    tablet.page.goto("/station/tablet/queue/")
    expect(tablet.page.locator("h1")).to_have_text("Việc trên máy này")
    # Other pages of the counter need the server; the app is what there is.
    net.set("cut")
    tablet.page.goto("/station/cash/")
    expect(tablet.page).to_have_url(re.compile(r"/station/tablet/$"))


def test_a_full_disk_is_told_before_the_first_photograph(tablet):
    page = tablet.page
    page.evaluate("navigator.storage.estimate = async () => ({usage: 99e6, quota: 100e6}); null")

    tablet.navigate("walk-in/")

    expect(page.locator(".full-disk")).to_contain_text("chưa đủ cho một lượt giao xe nữa")
    tablet.navigate(QUEUE)
    expect(page.locator("[data-notes]")).to_contain_text("Máy gần hết chỗ")
