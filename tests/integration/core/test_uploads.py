"""What a request may carry, before anybody looks at a picture."""

import tempfile
from pathlib import Path

import pytest
from django.test import Client

from accounts.kyc.models import DocumentImage
from accounts.users.models import User
from tests.factories.accounts import make_consent, photo_upload

UPLOAD = "/account/identity/citizen_card/"


@pytest.fixture
def portal(client: Client, newcomer: User) -> Client:
    make_consent(newcomer)
    client.force_login(newcomer)
    return client


def test_a_request_larger_than_anything_we_ask_for_is_refused_unread(
    portal: Client, settings, monkeypatch
) -> None:
    settings.UPLOAD_MAX_BYTES = 20_000

    answer = portal.post(UPLOAD, {"front": photo_upload(content=b"\0" * 30_000), "back": photo_upload()})

    assert answer.status_code == 400
    assert not DocumentImage.objects.exists()


def test_a_request_of_the_size_we_ask_for_is_read(portal: Client) -> None:
    answer = portal.post(UPLOAD, {"front": photo_upload(), "back": photo_upload("b.jpg")})

    assert answer.status_code == 302
    assert DocumentImage.objects.count() == 2


def test_more_files_than_any_form_has_are_refused(portal: Client) -> None:
    answer = portal.post(UPLOAD, {f"front{number}": photo_upload() for number in range(30)})

    assert answer.status_code == 400
    assert not DocumentImage.objects.exists()


@pytest.mark.parametrize(
    "name", ["../../../../tmp/owned.jpg", "C:\\windows\\a.jpg", "a\n.jpg", "x" * 200, ".htaccess", "ảnh.php"]
)
def test_the_name_of_a_file_decides_nothing(portal: Client, name: str) -> None:
    answer = portal.post(UPLOAD, {"front": photo_upload(name), "back": photo_upload(name)})

    assert answer.status_code == 302
    for image in DocumentImage.objects.all():
        assert Path(str(image.file.name)).parts[0] == "kyc"
        assert len(Path(str(image.file.name)).name) == 44
        assert Path(str(image.file.name)).suffix == ".jpg"
    assert not (Path(tempfile.gettempdir()) / "owned.jpg").exists()


def test_large_files_leave_nothing_in_the_folder_for_large_files(portal: Client, settings, tmp_path) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1_000

    portal.post(UPLOAD, {"front": photo_upload(), "back": photo_upload("b.jpg")})

    assert list(tmp_path.iterdir()) == []
