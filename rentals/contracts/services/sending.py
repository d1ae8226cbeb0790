"""Mailing the signed contract to the renter."""

from django.db import transaction

from accounts.notifications.services import Attachment, notify
from rentals.contracts.errors import ContractNotReady
from rentals.contracts.models import Contract, ContractAddendum
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit

KIND = "contract_signed"
AMENDED = "contract_amended"


def send_signed(contract: Contract) -> None:
    """Mail the signed document once, within the caller's transaction."""
    _notify(contract, key=f"{KIND}:{contract.number}")


def send_addendum(addendum: ContractAddendum) -> None:
    """Mail an addendum once, within the caller's transaction."""
    booking = addendum.contract.booking
    notify(
        user=booking.renter,
        kind=AMENDED,
        key=f"{AMENDED}:{addendum.number}",
        reference=booking.reference,
        context={
            "code": booking.code,
            "contract_number": addendum.contract.number,
            "number": addendum.number,
            "amendment": str(addendum.kind),
            "sha256": addendum.sha256,
        },
        attachments=[Attachment(str(addendum.file.name), f"{addendum.number}.pdf")],
    )


@transaction.atomic
def send_again(*, contract: Contract, by: Actor) -> None:
    """Mail the signed document once more, because somebody asked for it.

    Raises:
        ContractNotReady: there is no signed document yet.
    """
    if not contract.signed_sha256:
        raise ContractNotReady(number=contract.number)
    _notify(contract, key=f"{KIND}:{contract.number}:{clock.now():%Y%m%d%H%M%S}")
    audit.record("contract.sent_again", f"contract:{contract.number}", by=by)


def _notify(contract: Contract, *, key: str) -> None:
    booking = contract.booking
    notify(
        user=booking.renter,
        kind=KIND,
        key=key,
        reference=booking.reference,
        context={"code": booking.code, "number": contract.number, "sha256": contract.signed_sha256},
        attachments=[Attachment(str(contract.signed_file.name), f"{contract.number}.pdf")],
    )
