"""A reviewer before one paper: what the page shows, and what becomes of what they send. In the office or at a station."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from accounts.kyc import services
from accounts.kyc.enums import DocumentState
from accounts.kyc.errors import PaperTaken, SecondLookNeedsAnother
from accounts.kyc.models import DocumentReview, IdentityDocument
from accounts.kyc.review_forms import ApprovalForm, RejectionForm
from accounts.kyc.review_page import Photo, ReviewPage, hint_about_convention, minutes_waited, review_page
from accounts.kyc.selectors import number_of_waiting
from accounts.users.models import User
from voltgo.core.actors import Actor
from voltgo.core.errors import DomainError, IllegalTransition

APPROVE, REJECT, SKIP, LEAVE = "approve", "reject", "skip", "leave"


@dataclass(slots=True)
class Sitting:
    """One reviewer before one paper. `told` is what to say when it is over; then the next one follows."""

    document: IdentityDocument
    reviewer: User
    by: Actor
    place: str
    page: ReviewPage
    approval: ApprovalForm
    rejection: RejectionForm
    turn: DocumentReview | None = None
    # Why this person cannot decide here now.
    hindrance: str = ""
    is_over: bool = False
    is_late: bool = False
    wants_list: bool = False
    told: str = ""

    @property
    def status(self) -> int:
        is_bound = self.approval.is_bound or self.rejection.is_bound
        return HTTPStatus.UNPROCESSABLE_ENTITY if is_bound else HTTPStatus.OK

    def context(self, address_of: Callable[[Photo], str]) -> dict[str, Any]:
        """Return what templates/accounts/review/_review.html needs."""
        # Typed just now, else read by the machine.
        country = self.approval["country"].value() if "country" in self.approval.fields else ""
        return {
            "review": self.page,
            "document": self.document,
            "photos": [(photo, address_of(photo)) for photo in self.page.photos],
            "approval": self.approval,
            "rejection": self.rejection,
            "lines": [
                (line, self.approval[line.name])
                for line in self.page.lines
                if line.name in self.approval.fields
            ],
            "convention_hint": hint_about_convention(self.document, country or ""),
            "columns": len(self.page.sources) + 1,
            "turn": self.turn,
            "hindrance": self.hindrance,
            "waited": minutes_waited(self.document),
            "number_of_waiting": number_of_waiting(),
        }


def sit_down(
    post: QueryDict | None,
    *,
    document: IdentityDocument,
    reviewer: User,
    by: Actor,
    place: str,
    initial: Mapping[str, Any] | None = None,
) -> Sitting:
    """Give a reviewer the turn at a paper, and do what they sent, if they sent something.

    Raises:
        IllegalTransition: on a look (not on a decision) at a paper that waits for nobody any more.
    """
    page = review_page(document)
    decision = post.get("decision", "") if post is not None else ""
    sitting = Sitting(
        document=document,
        reviewer=reviewer,
        by=by,
        place=place,
        page=page,
        approval=ApprovalForm(
            post if decision == APPROVE else None,
            document=document,
            initial={**page.initial, **(initial or {})},
        ),
        rejection=RejectionForm(post if decision == REJECT else None, document=document),
    )
    if decision in {SKIP, LEAVE}:
        services.let_go(document=document, reviewer=reviewer)
        sitting.is_over, sitting.wants_list = True, decision == LEAVE
    elif decision == REJECT:
        _send(sitting, sitting.rejection, lambda: _reject(sitting))
    elif decision == APPROVE:
        _send(sitting, sitting.approval, lambda: _approve(sitting))
    if not sitting.is_over:
        _take(sitting)
    return sitting


def _send(sitting: Sitting, form: ApprovalForm | RejectionForm, decide: Callable[[], str]) -> None:
    if not form.is_valid():
        return
    try:
        sitting.told = decide()
    except IllegalTransition as late:
        sitting.told, sitting.is_late = str(late), True
    except DomainError as refusal:
        form.explain(refusal)
        return
    sitting.is_over = True


def _approve(sitting: Sitting) -> str:
    document = services.approve_document(
        document=sitting.document,
        read=sitting.approval.read(),
        reviewer=sitting.reviewer,
        by=sitting.by,
        override_reason=sitting.approval.cleaned_data.get("override_reason", ""),
        accept_difference=bool(sitting.approval.cleaned_data.get("accept_difference")),
        place=sitting.place,
    )
    if document.state != DocumentState.APPROVED:
        return _("Đã ghi lần duyệt đầu. Một người khác sẽ duyệt lần hai.")
    return _("Đã duyệt. Người dùng được báo qua email.")


def _reject(sitting: Sitting) -> str:
    values = sitting.rejection.cleaned_data
    services.reject_document(
        document=sitting.document,
        code=values["code"],
        note=values["note"],
        sides=values.get("sides", ()),
        reviewer=sitting.reviewer,
        by=sitting.by,
        place=sitting.place,
    )
    return _("Đã từ chối. Người dùng nhận được lý do qua email.")


def _take(sitting: Sitting) -> None:
    try:
        sitting.turn = services.take(
            document=sitting.document, reviewer=sitting.reviewer, place=sitting.place
        )
    except PaperTaken as taken:
        sitting.hindrance = _("%(name)s đang duyệt giấy tờ này.") % {"name": taken.details["reviewer"]}
    except SecondLookNeedsAnother as second:
        sitting.hindrance = str(second)
