"""Jobs that make a contract's documents."""

from rentals.contracts.models import Contract, ContractAddendum
from rentals.contracts.services import render_addendum, render_contract, render_signed_copy
from voltgo.core import outbox


@outbox.handler("contracts.render", queue=outbox.SLOW)
def render(contract_id: int) -> None:
    render_contract(contract=Contract.objects.get(pk=contract_id))


@outbox.handler("contracts.render_signed", queue=outbox.SLOW)
def render_signed(contract_id: int) -> None:
    render_signed_copy(contract=Contract.objects.get(pk=contract_id))


@outbox.handler("contracts.render_addendum", queue=outbox.SLOW)
def render_the_addendum(addendum_id: int) -> None:
    render_addendum(addendum=ContractAddendum.objects.get(pk=addendum_id))
