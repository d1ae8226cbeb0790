"""Is a photograph good enough to be read? Measured on the card laid flat, so that the table does not count."""

import cv2
import numpy as np

from accounts.extraction.picture import Image, gray
from accounts.extraction.types import Problem, Quality

# Variance of the Laplacian of a card 1,350 pixels wide after a Gaussian of 1. Photographs that people take carefully
# measure 40 to 170, those a little out of focus 15 to 97, those that nobody can read below 10.
MIN_SHARPNESS = 12.0
# Share of pixels that are white in all three colours.
MAX_GLARE = 0.12
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
    """Return the variance of the Laplacian after a Gaussian of 1, which takes the sensor's noise out."""
    smooth = cv2.GaussianBlur(brightness, (0, 0), 1.0)
    _mean, deviation = cv2.meanStdDev(cv2.Laplacian(smooth, cv2.CV_16S))
    return float(deviation[0, 0] ** 2)


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
