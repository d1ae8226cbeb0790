"""A local comparison of faces with dlib, for those who install it: off by default, nothing leaves the house.

Two of dlib's models are used, both in the public domain: the 5-point landmarks, which only turn a face upright,
and the ResNet that turns it into 128 numbers. The 68-point landmarks are never loaded: the pictures they were
trained on exclude commercial use. The package is not among our requirements, and no check of liveness exists here.
"""

import threading
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings

from accounts.extraction.types import FaceMatch, Problem, ReaderAway

LANDMARKS = "shape_predictor_5_face_landmarks.dat"
RECOGNITION = "dlib_face_recognition_resnet_model_v1.dat"
# Distances between two faces. Few people were measured, so what lies between is for a person to judge.
SAME, UNSURE = 0.45, 0.60
LONGEST_SIDE = 1280
# A smaller second face is a picture on a wall or a badge; one of nearly the same size is a second person.
SECOND_PERSON = 0.5

_lock = threading.Lock()


class DlibEngine:
    """Compares two pictures and keeps neither."""

    name = "dlib"

    def compare(self, *, selfie: bytes, portrait: bytes) -> FaceMatch:
        """Compare the largest faces of both pictures.

        Raises:
            ReaderAway: dlib or its models are not installed.
        """
        tools = _tools()
        # The detector is not made for several threads.
        with _lock:
            mine, others = tools.faces(selfie)
            theirs, _others = tools.faces(portrait)
            if mine is None or others:
                return FaceMatch(self.name, 0.0, is_same=False, problem=Problem.FACE_UNCLEAR)
            if theirs is None:
                return FaceMatch(self.name, 0.0, is_same=False, is_unsure=True)
            distance = tools.distance(mine, theirs)
        return FaceMatch(
            self.name,
            round(max(0.0, 1.0 - distance), 4),
            is_same=distance <= SAME,
            is_unsure=SAME < distance <= UNSURE,
        )

    def find(self, *, selfie: bytes, apart_from: str) -> FaceMatch:
        """Find nobody: no face is kept."""
        return FaceMatch(self.name, 0.0, is_same=False)

    def remember(self, *, selfie: bytes, public_id: str) -> str:
        """Keep nothing."""
        return ""

    def forget(self, references: tuple[str, ...]) -> None:
        """Erase nothing: nothing is kept."""


class _Tools:
    """dlib with its models in memory."""

    def __init__(self, dlib: Any, folder: Path) -> None:
        self._detector = dlib.get_frontal_face_detector()
        self._landmarks = dlib.shape_predictor(str(folder / LANDMARKS))
        self._recognition = dlib.face_recognition_model_v1(str(folder / RECOGNITION))

    def faces(self, jpeg: bytes) -> tuple[Any, bool]:
        """Return the 128 numbers of the largest face, or None; and whether another person is on the picture."""
        image = _pixels(jpeg)
        found = sorted(self._detector(image, 0), key=lambda box: -box.area())
        if not found:
            return None, False
        is_crowded = len(found) > 1 and found[1].area() >= SECOND_PERSON * found[0].area()
        shape = self._landmarks(image, found[0])
        return self._recognition.compute_face_descriptor(image, shape), is_crowded

    def distance(self, one: Any, other: Any) -> float:
        return float(sum((left - right) ** 2 for left, right in zip(one, other, strict=True)) ** 0.5)


@cache
def _loaded(folder: Path) -> _Tools:
    try:
        dlib = import_module("dlib")
    except ImportError as missing:
        raise ReaderAway("dlib is not installed") from missing
    if not all((folder / name).is_file() for name in (LANDMARKS, RECOGNITION)):
        raise ReaderAway(f"the models of dlib are not in {folder}")
    return _Tools(dlib, folder)


def _tools() -> _Tools:
    return _loaded(settings.KYC_DLIB_MODELS)


def _pixels(jpeg: bytes) -> Any:
    import io

    import numpy as np
    from PIL import Image

    picture = Image.open(io.BytesIO(jpeg)).convert("RGB")
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(picture)
