import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from accounts.extraction.types import FieldName, FieldReading, Layout, Source
from accounts.management.commands.read_paper import covered
from tests.identity import cards, photos
from tests.identity.people import make_person

PERSON = make_person(1003, card_form=2021)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        (FieldName.NUMBER, "079095000123", "•••••••••123"),
        (FieldName.FULL_NAME, "Nguyễn Văn An", "N… V… A…"),
        (FieldName.BORN_ON, "1995-03-14", "1995-••-••"),
        (FieldName.EXPIRES_ON, "2035-03-14", "2035-03-14"),
    ],
)
def test_what_identifies_a_person_is_covered(name: FieldName, value: str, shown: str) -> None:
    assert covered(FieldReading(name, value, Source.QR, 1.0, "front")) == shown


def test_the_command_covers_what_it_prints(tmp_path, capsys) -> None:
    path = tmp_path / "front.jpg"
    path.write_bytes(photos.photograph(cards.draw(Layout.CARD_2021_FRONT, PERSON), seed=41, glare=0.0))

    call_command("read_paper", str(path))

    printed = capsys.readouterr().out
    assert "layout card_2021_front" in printed
    assert PERSON.number not in printed
    assert PERSON.full_name not in printed
    assert PERSON.number[-3:] in printed


def test_a_file_that_is_no_photograph_is_named(tmp_path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no picture")

    with pytest.raises(CommandError, match=r"notes\.txt: PhotoFormatUnknown"):
        call_command("read_paper", str(path))


def test_choosing_an_engine_loads_neither_opencv_nor_tesseract() -> None:
    """A web process only ever chooses."""
    script = (
        "import sys; from accounts.extraction.engines import get_engine; get_engine('local');"
        "from accounts.extraction import looks, mrz, qr_text;"
        "print([name for name in ('cv2', 'tesserocr', 'zxingcpp') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"
