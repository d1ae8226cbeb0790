"""Textract over real HTTP: what is taken from it, what it costs, and what becomes of every way in which it fails."""

import io
import time

import pytest
from django.core.cache import cache
from PIL import Image

from accounts.extraction import paid
from accounts.extraction.engines.textract import TextractEngine
from accounts.extraction.engines.together import with_fallback
from accounts.extraction.paid import PaidReaderAway
from accounts.extraction.types import (
    FieldName,
    FieldReading,
    Quality,
    ReaderAway,
    Reading,
    SideReading,
    Source,
)
from tests.factories.accounts import photo_bytes
from tests.fakes.aws_server import (
    cut,
    denying,
    failing,
    malformed,
    missing,
    refusing,
    saying,
    slow,
    throttling,
)
from voltgo.core import aws as asking
from voltgo.core import breaker

OPERATION = "textract.DetectDocumentText"
PRICE = 1_500
FRONT = [
    ("CONG HOA XA HOI CHU NGHIA VIET NAM", 98.0),
    ("CÄN CUOC CÔNG DÂN", 91.2),
    ("Số / No.: 079 095 123 456", 99.4),
    ("Ho và tên / Full name:", 95.0),
    ("NGUYEN MINH ANH", 97.1),
    ("Ngày sinh / Date of birth: 02/09/1995", 99.0),
    ("Giói tính / Sex: Nu", 90.0),
    ("Có giá tri dên: 02/09/2035", 96.0),
    ("Date of expiry", 95.0),
]


@pytest.fixture(autouse=True)
def waited(monkeypatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(asking, "pause", pauses.append)
    return pauses


@pytest.fixture
def photo() -> bytes:
    return photo_bytes()


def read(photo, kind="citizen_card", sides=("front",)):
    return TextractEngine().read(dict.fromkeys(sides, photo), kind=kind)


def values(reading):
    return {field.name: field.value for field in reading.fields}


def test_digits_days_and_the_name_without_its_marks_are_taken(aws, photo) -> None:
    aws.textract.lines = FRONT

    reading = read(photo)

    assert values(reading) == {
        FieldName.NUMBER: "079095123456",
        FieldName.BORN_ON: "1995-09-02",
        FieldName.EXPIRES_ON: "2035-09-02",
        FieldName.FULL_NAME: "NGUYEN MINH ANH",
    }
    assert {field.source for field in reading.fields} == {Source.TEXTRACT}
    assert {field.side for field in reading.fields} == {"front"}
    assert max(field.confidence for field in reading.fields) == 0.9
    assert reading.engine == "textract"


def test_one_call_a_side_is_made_and_counted(aws, photo) -> None:
    reading = read(photo, sides=("front", "back"))

    assert len(aws.calls(OPERATION)) == 2
    assert aws.calls()[0].parameters["Document"]["Bytes"] == photo
    assert [(call.operation, call.is_ok, call.cost_microusd) for call in reading.calls] == [
        (OPERATION, True, PRICE),
        (OPERATION, True, PRICE),
    ]


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [("079095123456", 99.0), ("075201000111", 99.0)],
        [("IDVNM0951234565079095123456<<7", 99.0)],
        [("0790951234567", 99.0), ("07909512345", 99.0)],
        [("02/09/1995", 99.0)],
        [("Date of birth: 31/02/1995", 99.0)],
        [("Date of birth: 02/09/1995 03/09/1995", 99.0)],
    ],
)
def test_what_is_not_clear_is_not_taken(aws, photo, lines) -> None:
    aws.textract.lines = lines

    assert values(read(photo)) == {}


def test_a_licence_writes_its_day_of_issue_out(aws, photo) -> None:
    aws.textract.lines = [
        ("Sô/No.: 790123456789", 99.0),
        ("Ngày sinh/Date of Birth: 02/09/1995", 99.0),
        ("TP. Hô Chí Minh, ngày/date 05 tháng/month 07 nam/year 2021", 93.0),
        ("Có giá tri dên/Expires: 05/07/2031", 97.0),
    ]

    assert values(read(photo, kind="driving_licence")) == {
        FieldName.NUMBER: "790123456789",
        FieldName.BORN_ON: "1995-09-02",
        FieldName.ISSUED_ON: "2021-07-05",
        FieldName.EXPIRES_ON: "2031-07-05",
    }


def test_a_value_may_stand_below_its_label(aws, photo) -> None:
    aws.textract.lines = [
        ("Ngày, tháng, nam câp / Date of issue:", 95.0),
        ("10/05/2025", 99.0),
        ("Ngày, tháng, nam hêt han / Date of expiry:", 95.0),
        ("02/09/2035", 98.0),
    ]

    assert values(read(photo)) == {FieldName.ISSUED_ON: "2025-05-10", FieldName.EXPIRES_ON: "2035-09-02"}


@pytest.mark.parametrize(
    ("fault", "calls", "cost"),
    [
        (throttling, 3, 0),
        (failing, 3, 0),
        (lambda: failing(503), 3, 0),
        (lambda: refusing("ProvisionedThroughputExceededException"), 3, 0),
        (denying, 1, 0),
        (lambda: refusing("UnrecognizedClientException"), 1, 0),
        # What may have been done may be billed.
        (cut, 1, PRICE),
        (malformed, 1, PRICE),
        (missing, 1, PRICE),
        (lambda: saying(b'{"Blocks": [{"BlockType": "LINE"}]}'), 1, PRICE),
        (lambda: saying(b'{"Blocks": {"a": 1}}'), 1, PRICE),
        (lambda: saying(b""), 1, PRICE),
        (lambda: saying(b"<html>gateway</html>", 502), 3, 0),
    ],
)
def test_every_fault_ends_in_reader_away_with_its_calls(aws, photo, fault, calls, cost) -> None:
    aws.script(OPERATION, *[fault() for _ in range(calls)])

    with pytest.raises(PaidReaderAway) as away:
        read(photo)

    assert len(aws.calls(OPERATION)) == len(away.value.calls) == calls
    assert sum(call.cost_microusd for call in away.value.calls) == cost


def test_throttling_is_waited_out_with_growing_pauses(aws, photo, waited) -> None:
    aws.textract.lines = FRONT
    aws.script(OPERATION, throttling(), throttling())

    reading = read(photo)

    assert values(reading)[FieldName.NUMBER] == "079095123456"
    assert [(call.is_ok, call.error, call.cost_microusd) for call in reading.calls] == [
        (False, "ThrottlingException", 0),
        (False, "ThrottlingException", 0),
        (True, "", PRICE),
    ]
    assert 0.2 <= waited[0] <= 0.4 <= waited[1] <= 0.8


def test_a_slow_answer_is_not_waited_for_and_not_asked_for_twice(aws, photo) -> None:
    aws.script(OPERATION, slow(5))
    begun = time.monotonic()

    with pytest.raises(PaidReaderAway) as away:
        read(photo)

    assert time.monotonic() - begun < 3
    assert [(call.error, call.cost_microusd) for call in away.value.calls] == [("ReadTimeoutError", PRICE)]


def test_nobody_there_costs_nothing(aws, photo, settings) -> None:
    settings.AWS = settings.AWS | {"ENDPOINTS": {"textract": "http://127.0.0.1:9"}}

    with pytest.raises(PaidReaderAway) as away:
        read(photo)

    assert [(call.error, call.cost_microusd) for call in away.value.calls] == [("EndpointConnectionError", 0)]


def test_calls_for_a_side_that_worked_are_not_lost_when_the_next_one_fails(aws, photo) -> None:
    aws.script(OPERATION, lambda _handler: False, cut())

    with pytest.raises(PaidReaderAway) as away:
        read(photo, sides=("front", "back"))

    assert [call.is_ok for call in away.value.calls] == [True, False]


@pytest.mark.parametrize(
    "code", ["BadDocumentException", "UnsupportedDocumentException", "InvalidParameterException"]
)
def test_a_picture_that_it_cannot_use_is_read_as_nothing(aws, photo, code) -> None:
    aws.script(OPERATION, refusing(code))

    reading = read(photo)

    assert values(reading) == {}
    assert [(call.error, call.cost_microusd) for call in reading.calls] == [(code, 0)]
    assert not breaker.Breaker("textract").is_open


def test_a_picture_above_the_limits_is_sent_smaller(aws, photo, monkeypatch) -> None:
    monkeypatch.setattr("accounts.extraction.engines.textract.MAX_BYTES", len(photo) - 1)
    monkeypatch.setattr("accounts.extraction.engines.textract.MAX_SIDE", 600)

    read(photo)

    sent = aws.calls(OPERATION)[0].parameters["Document"]["Bytes"]
    assert len(sent) < len(photo)
    assert max(Image.open(io.BytesIO(sent)).size) == 600


def test_a_picture_that_cannot_be_made_small_enough_is_not_sent(aws, photo) -> None:
    with pytest.raises(ReaderAway):
        paid.fitted(photo, max_bytes=100, max_side=600)


# --- The circuit breaker --------------------------------------------------------------------------


def test_after_five_failures_it_is_left_alone_for_a_minute(aws, photo, monkeypatch) -> None:
    aws.script(OPERATION, *[cut() for _ in range(6)])
    for _number in range(5):
        with pytest.raises(PaidReaderAway):
            read(photo)
    with pytest.raises(PaidReaderAway) as away:
        read(photo)
    assert (away.value.reason, away.value.calls) == ("left alone after several failures", ())
    assert len(aws.calls(OPERATION)) == 5

    # Another process has never called it, but knows.
    breaker.forget()
    with pytest.raises(PaidReaderAway):
        read(photo)
    assert len(aws.calls(OPERATION)) == 5


def test_one_failure_after_the_minute_opens_it_again_and_one_success_closes_it(aws, photo) -> None:
    aws.script(OPERATION, *[cut() for _ in range(6)])
    for _number in range(5):
        with pytest.raises(PaidReaderAway):
            read(photo)

    def a_minute_passes() -> None:
        cache.delete("breaker:textract:away")
        breaker._closed_until.clear()

    a_minute_passes()
    with pytest.raises(PaidReaderAway):
        read(photo)
    assert breaker.Breaker("textract").is_open
    a_minute_passes()
    read(photo)
    assert len(aws.calls(OPERATION)) == 7
    aws.script(OPERATION, cut())
    with pytest.raises(PaidReaderAway):
        read(photo)
    assert not breaker.Breaker("textract").is_open


# --- Beside our own engine ------------------------------------------------------------------------


class OwnEngine:
    """Says what a test has written down for it."""

    name = "own"

    def __init__(self, *, problem: str = "", is_away: bool = False) -> None:
        self.problem, self.is_away = problem, is_away

    def read(self, images, *, kind):
        if self.is_away:
            raise ReaderAway
        number = FieldReading(FieldName.NUMBER, "079095123456", Source.QR, 1.0, "front")
        sides = {
            side: SideReading(
                side,
                Quality(problem=self.problem, sharpness=120.0),
                (number,),
                qr_text="079|",
                portrait=b"jpeg",
            )
            for side in images
        }
        return Reading(self.name, sides)


def together(**options):
    return with_fallback(OwnEngine(**options), TextractEngine())


def test_it_adds_to_our_reading_and_replaces_nothing(aws, photo) -> None:
    aws.textract.lines = FRONT

    reading = together().read({"front": photo}, kind="citizen_card")

    side = reading.sides["front"]
    assert reading.engine == "own+textract"
    assert [(field.source, field.value) for field in side.fields if field.name == FieldName.NUMBER] == [
        (Source.QR, "079095123456"),
        (Source.TEXTRACT, "079095123456"),
    ]
    assert (side.qr_text, side.portrait, side.quality.sharpness) == ("079|", b"jpeg", 120.0)
    assert [call.operation for call in reading.calls] == [OPERATION]


@pytest.mark.parametrize("fault", [throttling, failing, denying, cut, malformed, missing, lambda: slow(3)])
def test_when_it_is_away_our_reading_stands_and_the_vain_calls_are_counted(aws, photo, fault) -> None:
    aws.script(OPERATION, *[fault() for _ in range(3)])

    reading = together().read({"front": photo}, kind="citizen_card")

    assert reading.engine == "own"
    assert values(reading) == {FieldName.NUMBER: "079095123456"}
    assert reading.calls
    assert not any(call.is_ok and call.error for call in reading.calls)


def test_when_ours_is_away_its_reading_stands(aws, photo) -> None:
    aws.textract.lines = FRONT

    reading = together(is_away=True).read({"front": photo}, kind="citizen_card")

    assert reading.engine == "textract"
    assert values(reading)[FieldName.NUMBER] == "079095123456"


def test_when_both_are_away_the_caller_is_told_and_the_calls_are_not_lost(aws, photo) -> None:
    aws.script(OPERATION, cut())

    with pytest.raises(PaidReaderAway) as away:
        together(is_away=True).read({"front": photo}, kind="citizen_card")

    assert [call.cost_microusd for call in away.value.calls] == [PRICE]


@pytest.mark.parametrize(("problem", "kind"), [("blurred", "citizen_card"), ("", "selfie")])
def test_what_cannot_be_read_is_not_paid_for(aws, photo, problem, kind) -> None:
    together(problem=problem).read({"front": photo}, kind=kind)

    assert aws.calls() == []
