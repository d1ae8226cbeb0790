"""The local comparison of faces, with a stand-in of dlib: what is loaded, and what is made of a distance."""

import sys
import types
from pathlib import Path

import pytest

from accounts.extraction.faces import dlib_engine
from accounts.extraction.faces.dlib_engine import LANDMARKS, RECOGNITION, DlibEngine
from accounts.extraction.types import ReaderAway
from tests.factories.accounts import photo_bytes

SELFIE, PORTRAIT = photo_bytes(900, 700), photo_bytes(800, 600)


class Box:
    def __init__(self, area):
        self._area = area

    def area(self):
        return self._area


class FakeDlib(types.ModuleType):
    """Finds the boxes and descriptors that a test has written down, by the width of a picture."""

    def __init__(self):
        super().__init__("dlib")
        self.loaded = []
        self.boxes = {900: [Box(100)], 800: [Box(100)]}
        self.descriptors = {900: [0.0] * 128, 800: [0.0] * 128}

    def get_frontal_face_detector(self):
        return lambda image, _upsample: self.boxes[image.shape[1]]

    def shape_predictor(self, path):
        self.loaded.append(Path(path).name)
        return lambda _image, box: box

    def face_recognition_model_v1(self, path):
        self.loaded.append(Path(path).name)
        return types.SimpleNamespace(
            compute_face_descriptor=lambda image, _shape: self.descriptors[image.shape[1]]
        )


@pytest.fixture
def dlib(monkeypatch, tmp_path, settings):
    fake = FakeDlib()
    monkeypatch.setitem(sys.modules, "dlib", fake)
    for name in (LANDMARKS, RECOGNITION):
        (tmp_path / name).write_bytes(b"model")
    settings.KYC_DLIB_MODELS = tmp_path
    dlib_engine._loaded.cache_clear()
    yield fake
    dlib_engine._loaded.cache_clear()


def compare():
    return DlibEngine().compare(selfie=SELFIE, portrait=PORTRAIT)


@pytest.mark.parametrize(
    ("distance", "is_same", "is_unsure"),
    [(0.0, True, False), (0.45, True, False), (0.46, False, True), (0.6, False, True), (0.61, False, False)],
)
def test_a_distance_is_the_same_person_unsure_or_another(dlib, distance, is_same, is_unsure):
    dlib.descriptors[800] = [distance] + [0.0] * 127

    match = compare()

    assert (match.engine, match.is_same, match.is_unsure) == ("dlib", is_same, is_unsure)
    assert match.similarity == pytest.approx(1 - distance)
    assert match.calls == ()


def test_the_68_point_model_is_never_loaded(dlib):
    compare()

    assert dlib.loaded == [
        "shape_predictor_5_face_landmarks.dat",
        "dlib_face_recognition_resnet_model_v1.dat",
    ]


def test_models_are_loaded_once(dlib):
    compare()
    compare()

    assert len(dlib.loaded) == 2


def test_a_selfie_without_a_face_has_to_be_taken_again(dlib):
    dlib.boxes[900] = []

    assert compare().problem == "face_unclear"


def test_two_people_on_a_selfie_are_one_too_many(dlib):
    dlib.boxes[900] = [Box(100), Box(80)]

    assert compare().problem == "face_unclear"


def test_a_small_face_in_the_background_does_not_matter(dlib):
    dlib.boxes[900] = [Box(10), Box(100)]

    assert compare().is_same


def test_a_paper_on_which_no_face_is_found_is_left_to_a_person(dlib):
    dlib.boxes[800] = []

    assert (compare().problem, compare().is_unsure) == ("", True)


def test_nothing_is_kept(dlib):
    engine = DlibEngine()

    assert engine.remember(selfie=SELFIE, public_id="u-1") == ""
    assert engine.find(selfie=SELFIE, apart_from="u-1").known_as == ()
    engine.forget(("anything",))


def test_without_the_package_it_is_away(monkeypatch, tmp_path, settings):
    monkeypatch.setitem(sys.modules, "dlib", None)
    settings.KYC_DLIB_MODELS = tmp_path
    dlib_engine._loaded.cache_clear()

    with pytest.raises(ReaderAway, match="not installed"):
        compare()


def test_without_the_models_it_is_away(dlib, tmp_path):
    (tmp_path / RECOGNITION).unlink()

    with pytest.raises(ReaderAway, match="models"):
        compare()
