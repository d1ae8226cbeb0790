"""Sealing what was stored before: everything stays readable, at every moment."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command

from accounts.kyc.models import DocumentImage
from tests.factories.accounts import make_document, make_user, photo_bytes
from voltgo.core import keys
from voltgo.core.sealed_files import SealBroken, is_sealed, seal
from voltgo.core.sealing_files import seal_stored_files

COLUMN = "accounts.DocumentImage.file"


def stored(name: str | None) -> bytes:
    with default_storage.open(str(name)) as file:
        return bytes(file.read())


@pytest.fixture
def old() -> DocumentImage:
    """A picture as it was stored before there were seals."""
    document = make_document(user=make_user(), kind="selfie", with_images=True)
    image = document.images.get()
    name = default_storage.save("kyc/ab/before.jpg", ContentFile(photo_bytes()))
    DocumentImage.objects.filter(pk=image.pk).update(file=name)
    image.refresh_from_db()
    return image


def test_a_picture_from_before_is_sealed_in_its_place(old: DocumentImage, settings) -> None:
    before = old.file.name

    assert seal_stored_files()[COLUMN] == 1

    old.refresh_from_db()
    settings.SEALED_FILES_ONLY = True
    assert old.file.name == before
    assert is_sealed(stored(old.file.name))
    assert old.file.open().read() == photo_bytes()
    assert seal_stored_files()[COLUMN] == 0


def test_what_is_sealed_is_sealed_anew_when_asked(old: DocumentImage, settings) -> None:
    seal_stored_files()
    settings.DATA_ENCRYPTION_KEYS = ["n" * 40, *settings.DATA_ENCRYPTION_KEYS]
    keys.forget()

    assert seal_stored_files(anew=True)[COLUMN] == 1

    settings.DATA_ENCRYPTION_KEYS = ["n" * 40]
    keys.forget()
    old.refresh_from_db()
    assert old.file.open().read() == photo_bytes()


def test_a_file_that_two_versions_share_is_sealed_once_for_both(old: DocumentImage) -> None:
    other = make_document(user=make_user(), kind="selfie", with_images=True).images.get()
    DocumentImage.objects.filter(pk=other.pk).update(file=old.file.name)

    assert seal_stored_files()[COLUMN] == 1


def test_killed_while_it_writes_the_old_file_is_still_whole(old: DocumentImage, monkeypatch) -> None:
    def dies(*_paths):
        raise SystemExit

    monkeypatch.setattr("voltgo.core.storage.Path.replace", dies)
    with pytest.raises(SystemExit):
        seal_stored_files()
    monkeypatch.undo()

    assert stored(old.file.name) == photo_bytes()
    assert seal_stored_files()[COLUMN] == 1


def test_a_row_that_is_erased_meanwhile_takes_its_file_along(old: DocumentImage, monkeypatch) -> None:
    def meanwhile(plain, name):
        DocumentImage.objects.filter(pk=old.pk).delete()
        default_storage.delete(name)
        return seal(plain, name)

    monkeypatch.setattr("voltgo.core.sealing_files.seal", meanwhile)

    assert seal_stored_files()[COLUMN] == 0
    assert not default_storage.exists(str(old.file.name))


def test_nobody_but_the_process_may_read_the_new_file(old: DocumentImage) -> None:
    seal_stored_files()

    assert Path(default_storage.path(str(old.file.name))).stat().st_mode & 0o077 == 0


def test_a_file_that_is_gone_stops_nobody(old: DocumentImage) -> None:
    default_storage.delete(str(old.file.name))

    assert seal_stored_files()[COLUMN] == 0


def test_a_broken_seal_is_said_and_nothing_is_replaced(old: DocumentImage) -> None:
    seal_stored_files()
    old.refresh_from_db()
    content = bytearray(stored(old.file.name))
    content[-1] ^= 1
    default_storage.delete(str(old.file.name))
    default_storage.save(str(old.file.name), ContentFile(bytes(content)))

    with pytest.raises(SealBroken):
        seal_stored_files(anew=True)
    assert stored(old.file.name) == bytes(content)


def test_the_command_says_what_it_did(old: DocumentImage, capsys) -> None:
    call_command("seal_files")

    assert f"{COLUMN}: 1" in capsys.readouterr().out
