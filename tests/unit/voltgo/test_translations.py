import re
from pathlib import Path

from django.conf import settings

from voltgo.local import messages

ALIAS = re.compile(r"import n?p?gettext\w* as (?!_$)\w+", re.MULTILINE)


def test_every_text_has_an_english_translation():
    assert [f"{message.source}: {message.id}" for message in messages.untranslated("en")] == []


def test_texts_are_found_in_python_and_in_templates(tmp_path: Path):
    (tmp_path / "accounts").mkdir()
    (tmp_path / "accounts" / "a.py").write_text(
        'from x import gettext as _, ngettext\n_("Một")\nngettext("xe", "các xe", 2)\n', encoding="utf-8"
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "b.html").write_text(
        '{% translate "Hai" %}{% blocktranslate trimmed with n=name %}\n  Ba {{ n }}\n{% endblocktranslate %}',
        encoding="utf-8",
    )

    found = [message.id for message in messages.messages(tmp_path)]

    assert found == ["Một", ("xe", "các xe"), "Hai", "Ba %(n)s"]


def test_no_file_hides_its_texts_behind_another_name():
    """Extraction knows `_` and the functions' own names; any other alias would go untranslated unseen."""
    hidden = [
        str(path.relative_to(settings.BASE_DIR))
        for app in messages.SOURCES
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if ALIAS.search(path.read_text(encoding="utf-8"))
    ]
    assert hidden == []
