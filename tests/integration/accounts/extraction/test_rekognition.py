"""Rekognition over real HTTP: thresholds, faces that are missing or too many, the memory, liveness, every fault."""

import pytest

from accounts.extraction.faces import get_face_engine, liveness
from accounts.extraction.faces.dlib_engine import DlibEngine
from accounts.extraction.faces.rekognition import RekognitionEngine
from accounts.extraction.paid import PaidReaderAway
from accounts.extraction.types import ReaderAway
from tests.factories.accounts import photo_bytes
from tests.fakes.aws_server import (
    AwsServer,
    cut,
    denying,
    failing,
    malformed,
    missing,
    no_face,
    refusing,
    saying,
    slow,
    throttling,
)
from voltgo.core import aws as asking

COMPARE = "rekognition.CompareFaces"
SELFIE, PORTRAIT, OTHER = photo_bytes(900, 700), photo_bytes(800, 600), photo_bytes(700, 600)
ENGINE = RekognitionEngine()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch) -> None:
    monkeypatch.setattr(asking, "pause", lambda _seconds: None)


@pytest.fixture(autouse=True)
def _faces(aws) -> None:
    aws.rekognition.faces = {SELFIE: ["anh"], PORTRAIT: ["anh"], OTHER: ["thanh"]}


def compare(selfie=SELFIE, portrait=PORTRAIT):
    return ENGINE.compare(selfie=selfie, portrait=portrait)


@pytest.mark.parametrize(
    ("similarity", "is_same", "is_unsure"),
    [
        (99.9, True, False),
        (90.0, True, False),
        (89.9, False, True),
        (80.0, False, True),
        (79.9, False, False),
        (0.0, False, False),
    ],
)
def test_the_thresholds_are_those_of_the_settings(aws, similarity, is_same, is_unsure) -> None:
    aws.rekognition.similarity = similarity

    match = compare()

    assert (match.is_same, match.is_unsure, match.problem) == (is_same, is_unsure, "")
    assert match.similarity == pytest.approx(similarity / 100)
    assert [(call.operation, call.is_ok, call.cost_microusd) for call in match.calls] == [
        (COMPARE, True, 1_000)
    ]


def test_other_thresholds_may_be_set(aws, settings) -> None:
    settings.KYC_FACE_SAME, settings.KYC_FACE_UNSURE = 99, 95
    aws.rekognition.similarity = 97.0

    assert (compare().is_same, compare().is_unsure) == (False, True)


def test_another_person_differs() -> None:
    match = compare(portrait=OTHER)

    assert (match.is_same, match.is_unsure, match.similarity) == (False, False, 0.125)


def test_the_paper_is_the_source_and_every_face_of_the_selfie_is_looked_at(aws) -> None:
    compare()

    asked = aws.calls(COMPARE)[0].parameters
    assert (asked["SourceImage"]["Bytes"], asked["TargetImage"]["Bytes"]) == (PORTRAIT, SELFIE)
    assert (asked["SimilarityThreshold"], asked["QualityFilter"]) == (0.0, "AUTO")


def test_a_selfie_of_two_people_has_to_be_taken_again(aws) -> None:
    aws.rekognition.faces[SELFIE] = ["anh", "thanh"]

    match = compare()

    assert (match.problem, match.is_same) == ("face_unclear", False)


def test_a_selfie_without_a_face_has_to_be_taken_again(aws) -> None:
    aws.rekognition.faces[SELFIE] = []

    match = compare()

    assert match.problem == "face_unclear"
    assert [call.operation for call in match.calls] == [COMPARE, "rekognition.DetectFaces"]


def test_a_paper_on_which_no_face_is_found_is_left_to_a_person(aws) -> None:
    aws.rekognition.faces[PORTRAIT] = []

    match = compare()

    assert (match.problem, match.is_same, match.is_unsure) == ("", False, True)


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        (throttling, 3),
        (failing, 3),
        (lambda: refusing("ProvisionedThroughputExceededException"), 3),
        (denying, 1),
        (cut, 1),
        (malformed, 1),
        (missing, 1),
        (lambda: saying(b'{"FaceMatches": [{}], "UnmatchedFaces": []}'), 1),
        (lambda: slow(3), 1),
    ],
)
def test_every_fault_ends_in_reader_away(aws, fault, calls) -> None:
    aws.script(COMPARE, *[fault() for _ in range(calls)])

    with pytest.raises(PaidReaderAway) as away:
        compare()

    assert len(aws.calls(COMPARE)) == len(away.value.calls) == calls


def test_no_face_and_then_no_answer_is_away_with_both_calls(aws) -> None:
    aws.script(COMPARE, no_face())
    aws.script("rekognition.DetectFaces", cut())

    with pytest.raises(PaidReaderAway) as away:
        compare()

    assert [call.operation for call in away.value.calls] == [COMPARE, "rekognition.DetectFaces"]


# --- The memory -----------------------------------------------------------------------------------


@pytest.fixture
def collection(aws: AwsServer, settings) -> dict:
    settings.KYC_FACE_COLLECTION = "renters"
    aws.rekognition.kept["renters"] = {}
    return aws.rekognition.kept["renters"]


def test_without_a_collection_nothing_is_asked_and_nothing_kept(aws) -> None:
    assert ENGINE.find(selfie=SELFIE, apart_from="u-1").known_as == ()
    assert ENGINE.remember(selfie=SELFIE, public_id="u-1") == ""
    assert aws.calls() == []


def test_a_face_is_found_under_another_name_and_never_under_ones_own(collection) -> None:
    ENGINE.remember(selfie=SELFIE, public_id="u-1")

    assert ENGINE.find(selfie=PORTRAIT, apart_from="u-2").known_as == ("u-1",)
    assert ENGINE.find(selfie=PORTRAIT, apart_from="u-1").known_as == ()
    assert ENGINE.find(selfie=OTHER, apart_from="u-2").known_as == ()


def test_a_face_that_is_forgotten_is_found_no_more(collection) -> None:
    reference = ENGINE.remember(selfie=SELFIE, public_id="u-1")
    assert list(collection) == [reference]

    ENGINE.forget((reference,))
    ENGINE.forget((reference,))

    assert collection == {}
    assert ENGINE.find(selfie=SELFIE, apart_from="u-2").known_as == ()


def test_a_picture_without_a_face_is_not_remembered(aws, collection) -> None:
    aws.rekognition.faces[SELFIE] = []

    assert ENGINE.remember(selfie=SELFIE, public_id="u-1") == ""


def test_a_collection_that_is_not_there_is_the_service_being_away(settings) -> None:
    settings.KYC_FACE_COLLECTION = "nowhere"

    with pytest.raises(PaidReaderAway):
        ENGINE.find(selfie=SELFIE, apart_from="u-1")


def test_nothing_is_called_forgotten_before_the_service_says_so(aws, collection) -> None:
    reference = ENGINE.remember(selfie=SELFIE, public_id="u-1")
    aws.script("rekognition.DeleteFaces", missing(), denying())

    for _number in range(2):
        with pytest.raises(PaidReaderAway):
            ENGINE.forget((reference,))
    assert list(collection) == [reference]


def test_what_was_kept_cannot_be_forgotten_without_the_collections_name(settings) -> None:
    settings.KYC_FACE_COLLECTION = ""

    with pytest.raises(PaidReaderAway):
        ENGINE.forget(("some-face",))


# --- Liveness -------------------------------------------------------------------------------------


def test_the_check_of_liveness_is_off_unless_it_is_switched_on(aws) -> None:
    with pytest.raises(ReaderAway):
        liveness.start()
    assert aws.calls() == []


@pytest.mark.parametrize(("confidence", "is_live"), [(99.0, True), (90.0, True), (89.9, False)])
def test_a_session_that_was_passed_says_how_sure_it_is(aws, settings, confidence, is_live) -> None:
    settings.KYC_FACE_LIVENESS = True
    session = liveness.start()
    assert liveness.result(session).status == "CREATED"
    assert not liveness.result(session).is_live

    aws.rekognition.finish(session, SELFIE, confidence=confidence)
    said = liveness.result(session)

    assert (said.status, said.is_live, said.picture) == ("SUCCEEDED", is_live, SELFIE)
    assert said.confidence == pytest.approx(confidence / 100)
    assert [call.cost_microusd for call in said.calls] == [15_000]


def test_an_unknown_session_is_no_result(settings) -> None:
    settings.KYC_FACE_LIVENESS = True

    with pytest.raises(ReaderAway):
        liveness.result("11111111-2222-3333-4444-555555555555")


# --- Which engine ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "engine"), [("", type(None)), ("rekognition", RekognitionEngine), ("dlib", DlibEngine)]
)
def test_the_settings_choose_who_compares(settings, name, engine) -> None:
    settings.KYC_FACE_ENGINE = name

    assert isinstance(get_face_engine(), engine)


def test_an_engine_that_does_not_exist_is_a_fault_of_the_settings(settings) -> None:
    settings.KYC_FACE_ENGINE = "phrenology"

    with pytest.raises(LookupError):
        get_face_engine()
