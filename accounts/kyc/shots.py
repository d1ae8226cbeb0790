"""What to photograph for each paper: which sides, in which frame, with which camera, in which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.kyc.enums import DocumentKind, ImageSide

REAR, FRONT_CAMERA = "environment", "user"


@dataclass(frozen=True, slots=True)
class Shot:
    """One photograph to take. `shape` is the frame and the drawing: see templates/components/capture.html."""

    name: str
    label: str | Promise
    # What the camera says while it looks for it.
    ask: str | Promise
    shape: str = "card"
    drawing: str = "card-front"
    camera: str = REAR
    # The address of a photograph that may stay, and what was wrong with the last one.
    current: str = ""
    error: str = ""

    @property
    def is_kept(self) -> bool:
        return bool(self.current)


FRONT, BACK = ImageSide.FRONT, ImageSide.BACK
_FRONT = Shot(FRONT, _("Mặt trước"), _("Đặt mặt trước vào khung"))
_BACK = Shot(BACK, _("Mặt sau"), _("Lật lại: đặt mặt sau vào khung"), drawing="card-back")

SHOTS: Mapping[str, Sequence[Shot]] = {
    DocumentKind.CITIZEN_CARD: (_FRONT, _BACK),
    DocumentKind.DRIVING_LICENCE: (_FRONT, replace(_BACK, drawing="licence-back")),
    DocumentKind.PASSPORT: (
        Shot(FRONT, _("Trang có ảnh"), _("Đặt trang có ảnh vào khung"), shape="page", drawing="passport"),
    ),
    DocumentKind.FOREIGN_LICENCE: (_FRONT, replace(_BACK, drawing="licence-back")),
    DocumentKind.DRIVING_PERMIT: (
        Shot(FRONT, _("Bìa"), _("Đặt trang bìa vào khung"), shape="booklet", drawing="cover"),
        Shot(
            BACK,
            _("Trang có ảnh và dấu hạng xe"),
            _("Lật đến trang có ảnh và dấu hạng xe"),
            shape="booklet",
            drawing="permit",
        ),
    ),
    DocumentKind.SELFIE: (
        Shot(
            FRONT,
            _("Khuôn mặt của bạn"),
            _("Đưa khuôn mặt vào khung, nhìn thẳng rồi bấm chụp"),
            shape="face",
            drawing="face",
            camera=FRONT_CAMERA,
        ),
    ),
}


def shots_of(
    kind: str, *, kept: Mapping[str, str] | None = None, errors: Mapping[str, Any] | None = None
) -> list[Shot]:
    """Return the photographs of a paper for templates/components/capture.html.

    `kept` holds the addresses of photographs that need not be taken again, `errors` what is wrong, both by side.
    """
    kept, errors = kept or {}, errors or {}
    return [
        replace(shot, current=kept.get(shot.name, ""), error=str(errors.get(shot.name, "")))
        for shot in SHOTS[kind]
    ]
