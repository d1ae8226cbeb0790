import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from PIL import Image

from rentals.sync import app_version
from rentals.tablet import assets
from stations.tablets import services as tablets
from tests.factories.stations import make_post, make_station
from tests.factories.tablets import make_mobile
from voltgo.core.storage import StaticStorage

STATIC = settings.BASE_DIR / "static"


class HashOnly(ManifestStaticFilesStorage):
    """Production's hashing without its compression, which takes most of the time."""

    support_js_module_import_aggregation = True
    max_post_process_passes = StaticStorage.max_post_process_passes


@pytest.fixture
def mobile(attendant):
    station = make_station()
    make_post(user=attendant, station=station)
    return make_mobile(station=station, user=attendant)


def told(response) -> Any:
    """Return what the worker is told."""
    found = re.match(r"const APP = (\{.*?\n\});\n", response.content.decode(), re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def test_the_worker_keeps_everything_that_the_app_names(client):
    response = client.get("/station/sw.js")

    app = told(response)
    names = {address.removeprefix("/static/") for address in app["assets"]}
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Service-Worker-Allowed"] == "/station/"
    assert "no-cache" in response.headers["Cache-Control"]
    assert app["shells"] == {"vi": "/station/tablet/shell/vi/", "en": "/station/tablet/shell/en/"}
    assert app["app"] == "/station/tablet/"
    assert names >= {
        "css/voltgo.css",
        "css/tablet.css",
        "fonts/be-vietnam-pro-vietnamese-600-normal.woff2",
        "icons.svg",
        "img/damage/scooter.svg",
        "js/theme.js",
        "js/tablet/main.js",
        "js/tablet/store.js",
        "js/tablet/screens/queue.js",
        "vendor/signature_pad/signature_pad.min.js",
    }
    assert "js/tablet/worker.js" not in names
    assert [name for name in names if not (STATIC / name).is_file()] == []


def test_every_module_of_the_app_is_kept():
    kept = {address.removeprefix("/static/") for address in assets.addresses()}
    modules = {path.relative_to(STATIC).as_posix() for path in (STATIC / "js" / "tablet").rglob("*.js")}

    assert modules - kept == {"js/tablet/worker.js"}


def test_the_version_changes_with_a_page_a_module_and_a_picture(tmp_path, monkeypatch):
    pages = tmp_path / "pages"
    shutil.copytree(assets.TEMPLATES, pages)
    monkeypatch.setattr(assets, "TEMPLATES", pages)
    before = assets.version()
    assert assets.version() == before

    page = pages / "_queue.html"
    page.write_text(page.read_text() + "<!-- changed -->")
    after_page = assets.version()
    source = assets._source

    def changed(name):
        if name != "js/tablet/outbox.js":
            return source(name)
        copy = tmp_path / "outbox.js"
        copy.write_text(source(name).read_text() + "\n// changed")
        return copy

    monkeypatch.setattr(assets, "_source", changed)
    assert len({before, after_page, assets.version()}) == 3


def test_tablets_are_told_the_same_version_by_page_worker_and_api(client, mobile):
    browser = mobile.client()
    version = assets.version()

    page = browser.get("/station/tablet/")

    assert page.headers["X-App-Version"] == version
    assert f'data-app-version="{version}"' in page.content.decode()
    assert told(client.get("/station/sw.js"))["version"] == version
    assert app_version.current() == version
    assert browser.get("/station/api/session").json()["app_version"] == version


@pytest.mark.parametrize(("language", "word"), [("vi", "Gửi ngay"), ("en", 'lang="en"')])
def test_the_document_comes_in_each_language_whatever_the_tablets_own(mobile, language, word):
    browser = mobile.client(HTTP_ACCEPT_LANGUAGE="en" if language == "vi" else "vi")

    response = browser.get(f"/station/tablet/shell/{language}/")

    assert response.status_code == 200
    assert response.headers["Content-Language"] == language
    assert word in response.content.decode()


def test_a_device_that_is_no_tablet_gets_no_document_to_keep(client):
    response = client.get("/station/tablet/shell/vi/")

    assert response.status_code == 403
    assert response.headers["X-App-Version"] == assets.version()


def test_a_withdrawn_tablet_gets_no_document_to_keep(mobile, operator):
    from accounts.access.actors import operator_actor

    tablets.revoke_tablet(tablet=mobile.tablet, reason="mất máy", by=operator_actor(operator))

    assert mobile.client().get("/station/tablet/shell/vi/").status_code == 410


def test_an_unknown_language_is_not_found(mobile):
    assert mobile.client().get("/station/tablet/shell/fr/").status_code == 404


def test_the_manifest_installs_the_app_with_its_icons(client):
    manifest = client.get("/station/tablet/manifest.webmanifest").json()

    assert (manifest["start_url"], manifest["scope"]) == ("/station/tablet/", "/station/")
    assert (manifest["display"], manifest["lang"]) == ("standalone", "vi")
    assert [icon["purpose"] for icon in manifest["icons"]] == ["any", "any", "maskable"]
    for icon in manifest["icons"]:
        with Image.open(STATIC / icon["src"].removeprefix("/static/")) as picture:
            assert icon["sizes"] == "{}x{}".format(*picture.size)


def test_hashed_as_in_production_every_module_still_finds_what_it_imports(tmp_path, monkeypatch):
    storage = HashOnly(location=str(tmp_path), base_url="/static/")
    found = {}
    for name, source in FileSystemFinder().list([]):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Path(source.path(name)).read_bytes())
        found[name] = (storage, name)
    failures = [
        result for _name, _hashed, result in storage.post_process(found) if isinstance(result, Exception)
    ]
    monkeypatch.setattr(assets, "static", storage.url)

    kept = set(assets.addresses())

    missing = []
    for address in kept:
        path = tmp_path / address.removeprefix("/static/")
        pattern = assets.NAMES_IN.get(path.suffix)
        if pattern is None:
            continue
        for named in pattern.findall(path.read_text()):
            whole = "/static/" + (path.parent / named).resolve().relative_to(tmp_path.resolve()).as_posix()
            if whole not in kept:
                missing.append(f"{address}: {named}")
    assert any(re.search(r"/js/tablet/main\.[0-9a-f]{12}\.js$", address) for address in kept)
    assert (failures, missing) == ([], [])
