"""How each paper stands, as its owner reads it on the list of papers: a mark, a few words, what to do."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.kyc.enums import DocumentKind, DocumentState
from accounts.kyc.selectors import BEING_READ, IdentitySummary, PaperSummary
from accounts.kyc.shots import SHOTS

OK, INFO, WARN, BAD, PLAIN = "ok", "info", "warn", "bad", ""
ICONS = {DocumentKind.DRIVING_LICENCE: "credit-card", DocumentKind.SELFIE: "user"}


@dataclass(frozen=True, slots=True)
class Outlook:
    """One paper on the list."""

    mark: str
    icon: str
    tag: str
    lines: Sequence[str] = ()
    # What has to be photographed again, by side: [("Mặt trước", "Ảnh bị lóa.")].
    bad: Sequence[tuple[str, str]] = ()
    action: str = ""
    is_urgent: bool = False
    is_turning: bool = False
    facts: Sequence[tuple[str, str]] = field(default_factory=tuple)


def is_being_read(paper: PaperSummary) -> bool:
    return paper.latest is not None and paper.latest.state in BEING_READ


def outlook_of(paper: PaperSummary) -> Outlook:
    """Say how a paper stands, in the active language."""
    if is_being_read(paper):
        return Outlook(
            INFO,
            "refresh-cw",
            _("Đang đọc…"),
            [_("Máy đang đọc ảnh, thường chỉ vài giây.")],
            is_turning=True,
        )
    if paper.is_rejected:
        return _rejected(paper)
    if paper.status == DocumentState.APPROVED:
        if paper.renewal is not None and paper.is_waiting:
            return Outlook(
                OK,
                "circle-check",
                _("Đã duyệt"),
                [_("Bản mới đang chờ kiểm tra; bản hiện tại vẫn có hiệu lực.")],
                facts=_facts(paper),
            )
        action = "" if paper.kind == DocumentKind.SELFIE else _("Gửi giấy tờ mới")
        return Outlook(OK, "circle-check", _("Đã duyệt"), action=action, facts=_facts(paper))
    by_status = {
        DocumentState.AUTO_PASSED: _passed,
        DocumentState.NEEDS_REVIEW: _with_a_person,
        DocumentState.EXPIRED: _expired,
        DocumentState.REVOKED: _revoked,
    }
    say = by_status.get(DocumentState(paper.status)) if paper.status in DocumentState.values else None
    return say(paper) if say else _missing(paper)


def said_of(summary: IdentitySummary) -> str:
    """Say in one line how everything stands, for a reader of the screen."""
    if summary.is_complete:
        return _("Giấy tờ đã xong. Bạn có thể đặt xe.")
    return ". ".join(f"{paper.label.capitalize()}: {outlook_of(paper).tag}" for paper in summary.papers)


def _missing(paper: PaperSummary) -> Outlook:
    reasons = {
        DocumentKind.CITIZEN_CARD: _("Để biết bạn là ai và bạn bao nhiêu tuổi."),
        DocumentKind.PASSPORT: _("Để biết bạn là ai và bạn bao nhiêu tuổi."),
        DocumentKind.DRIVING_LICENCE: _(
            "Để biết bạn được lái loại xe nào. Xe gắn máy điện dưới 50 km/h không cần giấy phép."
        ),
        DocumentKind.FOREIGN_LICENCE: _("Giấy phép gốc của nước cấp, dùng cùng giấy phép quốc tế."),
        DocumentKind.DRIVING_PERMIT: _("Theo Công ước Viên 1968, dùng cùng giấy phép gốc."),
        DocumentKind.SELFIE: _("Để chắc chắn người nhận xe là bạn."),
    }
    return Outlook(
        PLAIN, ICONS.get(paper.kind, "id-card"), _("Chưa gửi"), [reasons[paper.kind]], action=_("Chụp ảnh")
    )


def _rejected(paper: PaperSummary) -> Outlook:
    labels = {str(shot.name): str(shot.label) for shot in SHOTS[paper.kind]}
    bad = [(labels.get(side, side), words) for side, words in paper.bad_sides.items()]
    note = paper.latest.rejection_note if paper.latest else ""
    lines = [] if bad else [paper.problem]
    lines.append(paper.cure)
    if note:
        lines.append(_("Ghi chú của người kiểm tra: %(note)s") % {"note": note})
    if bad and len(bad) < len(labels):
        action = _("Chụp lại %(side)s") % {"side": bad[0][0].lower()}
    else:
        action = _("Chụp lại")
    return Outlook(
        BAD, "circle-x", _("Cần chụp lại"), [line for line in lines if line], bad, action, is_urgent=True
    )


def _passed(paper: PaperSummary) -> Outlook:
    if paper.kind == DocumentKind.SELFIE:
        line = _("Nhân viên so khuôn mặt với giấy tờ khi giao xe.")
    else:
        line = _("Đã đọc xong, chờ các giấy tờ còn lại.")
    return Outlook(OK, "circle-check", _("Đã nhận"), [line], facts=_facts(paper))


def _with_a_person(paper: PaperSummary) -> Outlook:
    return Outlook(
        INFO,
        "clock",
        _("Một người đang kiểm tra"),
        [_("Thường xong trong 15 phút. Bạn có thể đóng trang này, chúng tôi sẽ gửi email.")],
        action=_("Gửi ảnh khác"),
        facts=_facts(paper),
    )


def _expired(paper: PaperSummary) -> Outlook:
    day = f"{paper.document.expires_on:%d/%m/%Y}" if paper.document and paper.document.expires_on else ""
    line = _("Hết hạn ngày %(day)s.") % {"day": day} if day else _("Giấy tờ đã hết hạn.")
    return Outlook(WARN, "triangle-alert", _("Hết hạn"), [line], action=_("Chụp giấy tờ mới"), is_urgent=True)


def _revoked(_paper: PaperSummary) -> Outlook:
    return Outlook(
        BAD,
        "circle-x",
        _("Không còn được chấp nhận"),
        [_("Hãy gửi giấy tờ khác hoặc gọi tổng đài.")],
        action=_("Chụp giấy tờ khác"),
    )


def _facts(paper: PaperSummary) -> list[tuple[str, str]]:
    """Return what was read, as far as one may show it on a screen: the number by its last digits."""
    document = paper.document
    if document is None or paper.kind == DocumentKind.SELFIE:
        return []
    facts = [(_("Số"), document.masked_number), (_("Hạng"), document.licence_classes_label)]
    if document.state == DocumentState.APPROVED:
        until = f"{document.expires_on:%d/%m/%Y}" if document.expires_on else _("Không thời hạn")
        facts.append((_("Có giá trị đến"), until))
    return [(name, value) for name, value in facts if value]
