import re
from functools import lru_cache
from pathlib import Path

import pytest
from django.apps import apps

from tests.architecture.source import TEMPLATES, python_files, strings_in, template_files

# Rendered by Django and django-allauth themselves; 429 is allauth's answer to a rate limit.
BY_CONVENTION = {"400.html", "403.html", "404.html", "429.html", "500.html"}
# Documents and mail have no policy against inline styles, and mail programs need them.
NOT_PAGES = ("pdf/", "emails/")
# Folders whose names are put together at run time -> where.
CHOSEN_AT_RUN_TIME = {
    "emails/": "accounts/notifications/texts.py, by the kind of message",
    "texts/": "accounts/notifications/texts.py, by the kind of message",
    "components/fields/": "voltgo/core/templatetags/voltgo_ui.py, by the kind of widget",
    "station/handover/": "rentals/handovers/views, by the step of a pickup",
    "station/return/": "rentals/handovers/views, by the step of a return",
}
REFERENCE = re.compile(r"""["']([\w./-]+\.(?:html|txt|svg|xml|json))["']""")
COMMENT = re.compile(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", re.DOTALL)
INLINE = {
    "a style attribute": re.compile(r"<[^>]*\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "an inline script": re.compile(
        r"<script\b(?![^>]*\bsrc=)(?![^>]*application/(?:ld\+)?json)", re.IGNORECASE
    ),
    "an event handler": re.compile(r"<[^>]*\son[a-z]+\s*=\s*[\"']", re.IGNORECASE),
    "a javascript: address": re.compile(r"javascript:", re.IGNORECASE),
    "an htmx expression": re.compile(r"\shx-on[:-]|hx-vals=[\"']js:", re.IGNORECASE),
}


def _name(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


@lru_cache(maxsize=1)
def _named_in_python() -> set[str]:
    return {text for path in python_files() for text in strings_in(path)}


@lru_cache(maxsize=1)
def _overrides() -> set[str]:
    """Templates that take the place of one that a package brings."""
    folders = [Path(config.path) / "templates" for config in apps.get_app_configs()]
    folders.append(Path(apps.get_app_config("admin").path).parent.parent / "forms" / "templates")
    packaged = {
        path.relative_to(folder).as_posix()
        for folder in folders
        if folder.is_dir()
        for path in folder.rglob("*")
    }
    return {name for name in map(_name, template_files()) if name in packaged}


def _reached() -> set[str]:
    open_ends = {
        name
        for name in map(_name, template_files())
        if name in BY_CONVENTION | _named_in_python() | _overrides()
        or name.startswith(tuple(CHOSEN_AT_RUN_TIME))
    }
    reached: set[str] = set()
    while open_ends:
        name = open_ends.pop()
        reached.add(name)
        path = TEMPLATES / name
        if path.exists() and path.suffix in {".html", ".txt"}:
            open_ends |= set(REFERENCE.findall(path.read_text())) - reached
    return reached


def test_every_template_is_reached() -> None:
    assert sorted(set(map(_name, template_files())) - _reached()) == []


def test_every_template_that_a_template_names_exists() -> None:
    missing = [
        f"{_name(path)} names {tag}"
        for path in template_files()
        if path.suffix == ".html"
        for tag in re.findall(r"{%\s*(?:extends|include)\s+[\"']([^\"']+)[\"']", path.read_text())
        if not (TEMPLATES / tag).exists() and not _is_packaged(tag)
    ]

    assert missing == []


def _is_packaged(name: str) -> bool:
    return any((Path(config.path) / "templates" / name).exists() for config in apps.get_app_configs())


@pytest.mark.parametrize("fault", sorted(INLINE))
def test_pages_hold_nothing_that_the_content_policy_refuses(fault: str) -> None:
    guilty = [
        f"{_name(path)}: {found.group(0)[:80]}"
        for path in template_files()
        if path.suffix == ".html" and not _name(path).startswith(NOT_PAGES)
        for found in INLINE[fault].finditer(COMMENT.sub("", path.read_text()))
    ]

    assert guilty == []
