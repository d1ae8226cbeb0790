"""The guided steps of a handover and a return: what is done, where to go on. Reads, never writes."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from rentals.contracts.enums import ContractState
from rentals.contracts.models import Contract
from rentals.handovers.enums import RentalState
from rentals.handovers.models import Inspection, Rental
from rentals.handovers.services.inspections import lacks_note, missing_steps

PICKUP_STEPS: tuple[tuple[str, str | Promise], ...] = (
    ("papers", _("Giấy tờ")),
    ("checklist", _("Kiểm tra xe")),
    ("photos", _("Ảnh")),
    ("readings", _("Km và pin")),
    ("damage", _("Vết cũ")),
    ("contract", _("Ký hợp đồng")),
    ("keys", _("Chìa khóa")),
)
RETURN_STEPS: tuple[tuple[str, str | Promise], ...] = (
    ("arrival", _("Xe về")),
    ("photos", _("Ảnh")),
    ("readings", _("Km và pin")),
    ("damage", _("Hư hại")),
    ("charges", _("Chi phí")),
    ("acceptance", _("Khách ký")),
)


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its code, its words, its address, and whether nothing is left to do in it."""

    code: str
    label: str | Promise
    href: str
    is_done: bool


@dataclass(frozen=True, slots=True)
class Progress:
    """All steps of one handover or return, and the one that people should see next."""

    steps: Sequence[Step]

    @property
    def next(self) -> Step:
        """The first step with something left to do; the last one when all is done."""
        return next((step for step in self.steps if not step.is_done), self.steps[-1])

    def number_of(self, code: str) -> int:
        return next(number for number, step in enumerate(self.steps, start=1) if step.code == code)

    def after(self, code: str) -> Step:
        """Return where the button "go on" leads: the next unfinished step behind this one, else the very next."""
        rest = self.steps[self.number_of(code) :]
        return next((step for step in rest if not step.is_done), rest[0] if rest else self.steps[-1])

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def total(self) -> int:
        return len(self.steps)


def pickup_progress(rental: Rental, inspection: Inspection, contract: Contract | None) -> Progress:
    """Return how far a handover is."""
    missing = set(missing_steps(inspection)) if rental.state == RentalState.PREPARING else set()
    is_completed = rental.state not in {RentalState.PREPARING, RentalState.ABORTED}
    done = {
        "papers": rental.papers_checked_at is not None,
        "checklist": "checklist" not in missing,
        "photos": "photos" not in missing,
        "readings": "readings" not in missing,
        "damage": is_completed,
        "contract": contract is not None and contract.state == ContractState.SIGNED,
        "keys": rental.started_at is not None,
    }
    return _progress(PICKUP_STEPS, done, "handover", rental)


def return_progress(rental: Rental, inspection: Inspection | None) -> Progress:
    """Return how far a return is."""
    is_back = rental.returned_at is not None
    missing = set() if inspection is None or is_back else set(missing_steps(inspection))
    done = {
        "arrival": rental.presented_at is not None,
        "photos": inspection is not None and "photos" not in missing,
        "readings": inspection is not None
        and "readings" not in missing
        and (is_back or not lacks_note(inspection)),
        "damage": is_back,
        "charges": is_back,
        "acceptance": rental.state == RentalState.CLOSED,
    }
    return _progress(RETURN_STEPS, done, "return", rental)


def _progress(
    steps: Sequence[tuple[str, str | Promise]], done: dict[str, bool], prefix: str, rental: Rental
) -> Progress:
    code = rental.booking.code
    return Progress(
        [
            Step(name, label, reverse(f"station:{prefix}-{name}", args=[code]), done[name])
            for name, label in steps
        ]
    )
