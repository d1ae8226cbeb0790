"""What both have signed on a sheet of paper: the scan is the signature, whoever has entered it answers for it."""

from collections.abc import Mapping

from accounts.users.models import User
from rentals.contracts import services as contracts
from rentals.contracts.enums import ContractState, Signer
from rentals.handovers.models import Rental
from rentals.sync.errors import SyncRefusal
from rentals.sync.handlers.outcome import Form
from rentals.sync.models import SyncCommand
from voltgo.core.actors import Actor

FIRST_SCAN = "scan:0"


def sign_sheet(
    command: SyncCommand, form: Form, rental: Rental, *, actor: Actor, user: User, files: Mapping[str, bytes]
) -> None:
    """Put both signatures of a sheet under the booking's contract. Locks the contract.

    Raises:
        SyncRefusal: there is no scan, or no contract to sign.
    """
    contract = contracts.current_contract(rental.booking)
    if contract is None or FIRST_SCAN not in files:
        raise SyncRefusal("contract_missing")
    if contract.state == ContractState.SIGNED:
        return
    contract = contracts.ensure_rendered(contract)
    number = str(command.body["payload"].get("paper") or "")
    for signer, person in ((Signer.RENTER, rental.renter), (Signer.STAFF, user)):
        contracts.sign_on_paper(
            contract=contract,
            signer=signer,
            user=person,
            scan=files[FIRST_SCAN],
            form=number,
            signed_at=form.moment("keys_at"),
            by=actor,
        )
