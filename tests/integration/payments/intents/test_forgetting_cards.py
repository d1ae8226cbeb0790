"""A card that its payer wants forgotten: used no more here, and kept no more at its provider."""

from dataclasses import replace

import pytest

from accounts.users.models import User
from payments.gateways.errors import GatewayUnavailable, OutcomeUnknown
from payments.intents import services
from payments.intents.enums import CallState
from payments.intents.errors import InstrumentInUse
from payments.intents.models import OutboundCall, SavedInstrument
from payments.intents.services import instruments
from tests.fakes.cards import CARD, Cards
from tests.integration.payments.intents.holding import STAFF, hold_deposit_on_card, release, run_jobs
from voltgo.core import outbox
from voltgo.core.models import OutboxMessage


@pytest.fixture
def card(payer: User, cards: Cards) -> SavedInstrument:
    """A kept card on which nothing is held any more."""
    hold_deposit_on_card(payer)
    release()
    run_jobs()
    cards.calls.clear()
    return SavedInstrument.objects.get()


def forget(card: SavedInstrument) -> SavedInstrument:
    return services.forget_instrument(instrument=card, by=STAFF)


def the_call() -> OutboundCall:
    return OutboundCall.objects.get(operation="forget")


def try_once(card: SavedInstrument) -> None:
    instruments.tell_provider_to_forget(instrument_id=card.pk)


def test_the_provider_is_told_after_it_was_written_down(card: SavedInstrument, cards: Cards) -> None:
    forget(card)
    assert (cards.forgotten, the_call().state, the_call().attempts) == ([], CallState.PREPARED, 0)

    run_jobs()

    assert cards.forgotten == [CARD.method_ref]
    assert (the_call().state, the_call().attempts) == (CallState.OK, 1)
    assert the_call().answered_at is not None
    assert OutboxMessage.objects.filter(topic=instruments.FORGET, payload={"instrument_id": card.pk}).exists()
    assert CARD.method_ref not in the_call().request_hash


def test_forgotten_twice_is_told_once(card: SavedInstrument, cards: Cards) -> None:
    first = forget(card).forgotten_at
    assert forget(card).forgotten_at == first
    run_jobs()
    try_once(card)

    assert cards.forgotten == [CARD.method_ref]
    assert OutboxMessage.objects.filter(topic=instruments.FORGET).count() == 1


def test_a_provider_that_is_away_is_told_later(card: SavedInstrument, cards: Cards) -> None:
    forget(card)
    cards.failing = [("forget", "away")]

    with pytest.raises(GatewayUnavailable):
        try_once(card)
    assert (cards.forgotten, the_call().state) == ([], CallState.PREPARED)

    outbox.run_all()
    assert (cards.forgotten, the_call().state) == ([CARD.method_ref], CallState.OK)


@pytest.mark.parametrize(("how", "done"), [("lost", 0), ("unheard", 1)])
def test_an_answer_that_got_lost_is_asked_for_again(
    card: SavedInstrument, cards: Cards, how: str, done: int
) -> None:
    forget(card)
    cards.failing = [("forget", how)]

    with pytest.raises(OutcomeUnknown):
        try_once(card)
    assert (len(cards.forgotten), the_call().state) == (done, CallState.UNKNOWN)

    try_once(card)
    assert set(cards.forgotten) == {CARD.method_ref}
    assert (the_call().state, the_call().attempts) == (CallState.OK, 2)


def test_a_card_with_a_deposit_on_it_is_not_forgotten_there_either(payer: User, cards: Cards) -> None:
    hold_deposit_on_card(payer)

    with pytest.raises(InstrumentInUse):
        forget(SavedInstrument.objects.get())

    assert not OutboundCall.objects.filter(operation="forget").exists()
    assert not OutboxMessage.objects.filter(topic=instruments.FORGET).exists()


def test_a_provider_that_keeps_no_cards_is_told_nothing(card: SavedInstrument, cards: Cards) -> None:
    cards.capabilities = replace(cards.capabilities, reuse=False)

    assert forget(card).forgotten_at is not None
    assert not OutboxMessage.objects.filter(topic=instruments.FORGET).exists()
