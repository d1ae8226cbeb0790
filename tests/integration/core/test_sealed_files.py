"""Pictures of people as they lie in storage: nothing of them can be read, moved or exchanged there."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models

from accounts.kyc.models import DocumentImage
from rentals.contracts.models import ContractSignature
from voltgo.core import keys, sealed_files
from voltgo.core.sealed_files import SealBroken, SealedStorage, open_sealed, seal

PLAIN = b"\xff\xd8 a picture of somebody's card, 079123456789 \xff\xd9" * 20


@pytest.fixture(autouse=True)
def _no_keys_in_memory() -> None:
    keys.forget()


def _raw(name: str) -> bytes:
    with default_storage.open(name) as file:
        return bytes(file.read())


def _overwrite(name: str, content: bytes) -> None:
    default_storage.delete(name)
    assert default_storage.save(name, ContentFile(content)) == name


def _read(name: str) -> bytes:
    with SealedStorage().open(name) as file:
        return bytes(file.read())


@pytest.fixture
def name() -> str:
    return SealedStorage().save("kyc/ab/one.jpg", ContentFile(PLAIN))


def test_what_was_kept_comes_back() -> None:
    name = SealedStorage().save("kyc/ab/kept.jpg", ContentFile(PLAIN))

    assert _read(name) == PLAIN
    assert SealedStorage().size(name) == len(PLAIN)


def test_a_file_can_be_opened_again_after_it_was_closed(name: str) -> None:
    image = DocumentImage(file=name)

    for _ in range(2):
        with image.file.open("rb") as file:
            assert file.read() == PLAIN


def test_storage_holds_nothing_of_the_picture(name: str) -> None:
    raw = _raw(name)

    assert raw.startswith(b"VGSEAL\x01")
    assert b"079123456789" not in raw
    assert b"\xff\xd8" not in raw[:9]


def test_two_seals_of_the_same_picture_differ() -> None:
    assert seal(PLAIN, "kyc/a.jpg") != seal(PLAIN, "kyc/a.jpg")


def test_a_picture_in_the_place_of_another_is_refused(name: str) -> None:
    other = SealedStorage().save("kyc/ab/two.jpg", ContentFile(b"another person's card"))

    _overwrite(name, _raw(other))

    with pytest.raises(SealBroken):
        _read(name)


def test_every_changed_byte_is_noticed() -> None:
    sealed = seal(b"a small picture", "kyc/a.jpg")

    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(SealBroken):
            open_sealed(bytes(changed), "kyc/a.jpg")


def test_a_file_that_was_cut_is_noticed() -> None:
    sealed = seal(b"a small picture", "kyc/a.jpg")

    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            open_sealed(sealed[:length], "kyc/a.jpg")


def test_a_picture_from_before_is_read_as_it_is() -> None:
    name = default_storage.save("kyc/ab/old.jpg", ContentFile(PLAIN))

    assert _read(name) == PLAIN


def test_strictly_nothing_unsealed_is_read(settings) -> None:
    name = default_storage.save("kyc/ab/older.jpg", ContentFile(PLAIN))
    settings.SEALED_FILES_ONLY = True

    with pytest.raises(SealBroken):
        _read(name)


def test_a_key_that_has_retired_still_opens(name: str, settings) -> None:
    settings.DATA_ENCRYPTION_KEYS = ["n" * 40, *settings.DATA_ENCRYPTION_KEYS]
    keys.forget()

    assert _read(name) == PLAIN


def test_a_key_that_is_gone_opens_nothing(name: str, settings) -> None:
    settings.DATA_ENCRYPTION_KEYS = ["n" * 40]
    keys.forget()

    with pytest.raises(SealBroken):
        _read(name)


def test_a_name_that_is_taken_seals_for_the_name_that_is_free(name: str) -> None:
    second = SealedStorage().save(name, ContentFile(b"second"))

    assert second != name
    assert _read(second) == b"second"


def test_there_is_no_address_to_a_sealed_file(name: str) -> None:
    with pytest.raises(NotImplementedError):
        SealedStorage().url(name)
    with pytest.raises(NotImplementedError):
        SealedStorage().path(name)


def test_a_file_is_never_opened_for_writing(name: str) -> None:
    with pytest.raises(ValueError, match="read whole"):
        SealedStorage().open(name, "wb")


@pytest.mark.parametrize(("model", "field"), [(DocumentImage, "file"), (ContractSignature, "image")])
def test_pictures_of_people_are_kept_sealed(model: type[models.Model], field: str) -> None:
    column = model._meta.get_field(field)

    assert isinstance(column.storage, SealedStorage)
    # The migration names the function, not what it returned on the day.
    assert column.deconstruct()[3]["storage"] is sealed_files.sealed_storage


def test_a_missing_file_says_so() -> None:
    with pytest.raises(FileNotFoundError):
        SealedStorage().open("kyc/ab/never.jpg")


def test_the_folder_on_disk_shows_random_names_only(name: str) -> None:
    assert Path(default_storage.path(name)).read_bytes() == _raw(name)
