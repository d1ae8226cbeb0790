import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles.finders import FileSystemFinder
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage

from tests.architecture.source import ROOT, TEMPLATES
from voltgo.core.storage import StaticStorage

STATIC = ROOT / "static"
STATIC_TAG = re.compile(r"{%\s*static\s+[\"']([^\"']+)[\"']")
# Loaded from elsewhere at run time: addresses that a page would fetch by itself.
FOREIGN = re.compile(
    r"(?:src|href|url|import|fetch)\s*[=(\s]\s*[\"'(]?\s*(?:https?:)?//(?!www\.w3\.org)", re.IGNORECASE
)


class HashOnly(ManifestStaticFilesStorage):
    """Production's hashing without its compression, which takes most of the time."""

    support_js_module_import_aggregation = True
    max_post_process_passes = StaticStorage.max_post_process_passes


def test_every_file_that_our_stylesheets_and_scripts_name_exists(tmp_path: Path) -> None:
    storage = HashOnly(location=str(tmp_path), base_url="/static/")
    found = {}
    for name, source in FileSystemFinder().list([]):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(Path(source.path(name)).read_bytes())
        found[name] = (storage, name)

    failures = [
        f"{name}: {result}"
        for name, _hashed, result in storage.post_process(found)
        if isinstance(result, Exception)
    ]

    assert failures == []


def test_every_static_file_that_a_template_names_exists() -> None:
    missing = [
        f"{path.relative_to(TEMPLATES)}: {name}"
        for path in sorted(TEMPLATES.rglob("*.html"))
        for name in STATIC_TAG.findall(path.read_text())
        if not (STATIC / name).exists()
    ]

    assert missing == []


@pytest.mark.parametrize("folder", ["css", "js"])
def test_our_own_files_load_nothing_from_elsewhere(folder: str) -> None:
    foreign = [
        f"{path.relative_to(STATIC)}: {found.group(0)}"
        for path in sorted((STATIC / folder).rglob("*"))
        if path.is_file()
        for found in FOREIGN.finditer(path.read_text())
    ]

    assert foreign == []


def test_vendored_libraries_carry_their_licence() -> None:
    bare = [
        folder.name for folder in sorted((STATIC / "vendor").iterdir())
        if folder.is_dir() and not list(folder.glob("LICENSE*"))
    ]  # fmt: skip

    assert bare == []


def test_production_hashes_and_compresses_static_files() -> None:
    assert settings.STATIC_ROOT != STATIC
    assert "voltgo.core.storage.StaticStorage" in (ROOT / "voltgo" / "settings.py").read_text()
