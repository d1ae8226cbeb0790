from pathlib import Path

from voltgo.local import messages


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
