import gettext
import os
from pathlib import Path

import pytest

from voltgo.local import translations

HEAD = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'


@pytest.fixture
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    path = tmp_path / "locale" / "en" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD + 'msgid "Trạm"\nmsgstr "Station"\n\n#, fuzzy\nmsgid "Xe"\nmsgstr "Guess"\n')
    return path


def test_a_catalogue_is_compiled_without_its_guesses(catalogue: Path) -> None:
    assert translations.compile_all() == [catalogue]

    with catalogue.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert compiled.gettext("Trạm") == "Station"
    assert compiled.gettext("Xe") == "Xe"


def test_only_what_changed_is_compiled_again(catalogue: Path) -> None:
    translations.compile_all()

    assert translations.compile_all() == []
    later = catalogue.stat().st_mtime + 10
    os.utime(catalogue, (later, later))
    assert translations.compile_all() == [catalogue]


def test_a_translation_that_loses_a_placeholder_is_refused(catalogue: Path) -> None:
    catalogue.write_text(HEAD + '#, python-format\nmsgid "Xe %(plate)s"\nmsgstr "Vehicle %(number)s"\n')

    with pytest.raises(ValueError, match=r"django\.po"):
        translations.compile_all()

    assert not catalogue.with_suffix(".mo").exists()
