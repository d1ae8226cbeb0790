import pytest

from rentals.sync.models import SyncCommand, SyncFile
from rentals.sync.services import files, receive
from rentals.sync.services.files import missing_of, put_piece
from tests.factories.tablets import Mobile, photo_of
from voltgo.core import clock


def test_a_file_whose_server_died_at_the_last_piece_is_finished_when_it_is_asked_for(
    mobile: Mobile, vehicle, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = photo_of(1)
    payload = {"vehicle": vehicle.code, "severity": "minor", "part": "body", "text": "Trầy"}
    command = mobile.command("fault", f"vehicle:{vehicle.code}", payload, files={"photo:0": content})
    receive(tablet=mobile.tablet, delivered_by=None, commands=[command], now=clock.wall())
    sha256 = command["files"][0]["sha256"]

    def die(_file: SyncFile) -> None:
        raise ConnectionError

    with monkeypatch.context() as dying:
        dying.setattr(files, "_complete", die)
        with pytest.raises(ConnectionError):
            put_piece(tablet=mobile.tablet, sha256=sha256, offset=0, length=len(content), data=content)
    row = SyncFile.objects.get()
    assert (row.received, row.stored_at) == (len(content), None)

    assert missing_of(SyncCommand.objects.get()) == []
    assert SyncFile.objects.get().stored_at is not None
