"""Is a photograph good enough to be read? Measured on the card laid flat, so that the table does not count."""

import cv2
import numpy as np

from accounts.extraction.picture import Image, gray
from accounts.extraction.types import Problem, Quality

# See `sharpness`, of a card 1,350 pixels wide. Synthetic photographs taken carefully measure 47 to 160, those a little
# out of focus 14 to 95 (one in a hundred less), those that nobody can read below 10, shaken ones mostly too.
MIN_SHARPNESS = 11.5
# Makes the least of four directions comparable with the Laplacian, which adds up two.
AS_LAPLACIAN = 3.0
ACROSS = np.array([[0, 0, 0], [1, -2, 1], [0, 0, 0]], np.float32)
ASLANT = np.array([[0, 0, 1], [0, -2, 0], [1, 0, 0]], np.float32) / np.float32(2**0.5)
SECOND_DERIVATIVES = (ACROSS, ACROSS.T.copy(), ASLANT, ASLANT[:, ::-1].copy())
# Share of pixels that are white in all three colours. Above the first, the photograph is good enough only if all of
# the card can be read all the same, as under strong even light; above the second it is not tried.
MAX_GLARE = 0.12
HOPELESS_GLARE = 0.35
BURNT_OUT = 250
# Mean brightness, 0 to 255.
MIN_BRIGHTNESS = 58.0
# Below, a module of the QR code is under two pixels, and accents run together.
MIN_CARD_WIDTH = 640

SELFIE_MIN_SIDE = 480
SELFIE_WORKING_SIDE = 1000
SELFIE_MIN_SHARPNESS = 6.0
SELFIE_MIN_BRIGHTNESS = 45.0


def measure(flat: Image, *, card_width: int) -> Quality:
    """Return what was measured on a flat card, `problem` set to the first thing to mend."""
    brightness = gray(flat)
    measured = Quality(
        sharpness=sharpness(brightness),
        glare=float((flat.min(axis=2) >= BURNT_OUT).mean()),
        brightness=float(brightness.mean()),
        card_width=card_width,
    )
    return with_problem(measured, _problem_of_card(measured))


def measure_selfie(photo: Image) -> Quality:
    """Return what can be said of a selfie without looking for a face: no detector of faces is shipped."""
    side = min(photo.shape[:2])
    scale = SELFIE_WORKING_SIDE / max(photo.shape[:2])
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else photo
    brightness = gray(np.asarray(small, np.uint8))
    measured = Quality(
        sharpness=sharpness(brightness),
        glare=float((small.min(axis=2) >= BURNT_OUT).mean()),
        brightness=float(brightness.mean()),
    )
    if side < SELFIE_MIN_SIDE:
        return with_problem(measured, Problem.TOO_SMALL)
    if measured.brightness < SELFIE_MIN_BRIGHTNESS:
        return with_problem(measured, Problem.TOO_DARK)
    if measured.sharpness < SELFIE_MIN_SHARPNESS:
        return with_problem(measured, Problem.BLURRED)
    return measured


def sharpness(brightness: Image) -> float:
    """Return how much fine detail there is in the direction that has least of it.

    The variance of the second derivative after a Gaussian of 1, which takes the sensor's noise out. A hand that
    shook leaves the lines along its way sharp: the plain Laplacian would be content with them.
    """
    smooth = cv2.GaussianBlur(brightness, (0, 0), 1.0)
    least = min(
        float(cv2.meanStdDev(cv2.filter2D(smooth, cv2.CV_32F, kernel))[1][0, 0]) ** 2
        for kernel in SECOND_DERIVATIVES
    )
    return least * AS_LAPLACIAN


def may_be_read_despite_glare(quality: Quality) -> bool:
    """Say whether reading is worth a try: glare is the only fault, and not over everything."""
    return quality.glare < HOPELESS_GLARE and quality.sharpness >= MIN_SHARPNESS


def with_problem(quality: Quality, problem: str, *, layout: str = "") -> Quality:
    return Quality(
        problem=problem,
        sharpness=quality.sharpness,
        glare=quality.glare,
        brightness=quality.brightness,
        card_width=quality.card_width,
        layout=layout or quality.layout,
    )


def _problem_of_card(quality: Quality) -> str:
    """Name what a person can mend most easily first: going nearer, more light, no reflection, a steady hand."""
    if quality.card_width < MIN_CARD_WIDTH:
        return Problem.TOO_SMALL
    if quality.brightness < MIN_BRIGHTNESS:
        return Problem.TOO_DARK
    if quality.glare > MAX_GLARE:
        return Problem.GLARE
    if quality.sharpness < MIN_SHARPNESS:
        return Problem.BLURRED
    return ""
