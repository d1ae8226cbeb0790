from datetime import datetime, timedelta
from typing import Any

import pytest

from accounts.users.models import User
from rentals.contracts.enums import ContractState, Signer
from rentals.contracts.errors import ConsentToSignMissing, ContractChanged, ContractNotReady
from rentals.contracts.evidence import chain_of, check_chain
from rentals.contracts.models import Contract, ContractSignature
from rentals.contracts.services import agreement_text, sign_as_shown
from rentals.contracts.texts.choosing import words_of
from rentals.contracts.texts.plain import agreement_with_places, filled, text_sha256
from rentals.handovers.models import Rental
from tests.factories.handovers import STROKES, signature_image
from tests.factories.pdfs import text_of
from voltgo.core import clock
from voltgo.core.actors import Actor

RECORD = "ab" * 32
TABLET = "T-7K2M4Q"


def put_down(
    contract: Contract, signer: Signer, user: User, by: Actor, at: datetime, **changes: Any
) -> ContractSignature:
    text = agreement_text(contract)
    assert text is not None
    values: dict[str, Any] = {
        "image": signature_image(),
        "strokes": STROKES,
        "shown_sha256": contract.sha256,
        "shown_text_sha256": text_sha256(text),
        "record_sha256": RECORD,
        "signed_at": at,
        "tablet": TABLET,
        "device": "Chromium",
    }
    return sign_as_shown(contract=contract, signer=signer, user=user, by=by, **values | changes)


@pytest.fixture
def on_glass(rental: Rental, rendered: Contract) -> Contract:
    rendered.refresh_from_db()
    return rendered


def test_both_signed_while_the_network_was_away(
    on_glass: Contract, renter: User, attendant: User, by: Actor, traveller: Any
) -> None:
    signed_at = clock.now()
    traveller.shift(timedelta(hours=3))

    put_down(on_glass, Signer.RENTER, renter, by, signed_at)
    row = put_down(on_glass, Signer.STAFF, attendant, by, signed_at + timedelta(seconds=20))

    on_glass.refresh_from_db()
    assert (on_glass.state, on_glass.signed_at) == (ContractState.SIGNED, signed_at + timedelta(seconds=20))
    assert (row.tablet, row.record_sha256, row.received_at) == (TABLET, RECORD, clock.now())
    last = chain_of(on_glass)[-1]
    assert last["at"] == (signed_at + timedelta(seconds=20)).isoformat(timespec="microseconds")
    assert last["details"]["tablet"] == TABLET
    assert last["details"]["text_sha256"] == row.text_sha256
    assert check_chain(on_glass).is_whole


def test_the_signed_copy_says_which_words_stood_on_the_tablet(
    on_glass: Contract, renter: User, attendant: User, by: Actor
) -> None:
    from rentals.contracts.documents import compose_signed

    put_down(on_glass, Signer.RENTER, renter, by, clock.now())
    row = put_down(on_glass, Signer.STAFF, attendant, by, clock.now())
    on_glass.refresh_from_db()
    printed = text_of(compose_signed(on_glass).content)
    assert TABLET in printed
    assert row.text_sha256 in printed.replace("\n", "")


def test_other_words_than_this_version_has_are_refused(on_glass: Contract, renter: User, by: Actor) -> None:
    with pytest.raises(ContractChanged):
        put_down(on_glass, Signer.RENTER, renter, by, clock.now(), shown_text_sha256="00" * 32)
    assert not ContractSignature.objects.exists()


def test_another_document_than_the_one_on_file_is_refused(
    on_glass: Contract, renter: User, by: Actor
) -> None:
    with pytest.raises(ContractChanged):
        put_down(on_glass, Signer.RENTER, renter, by, clock.now(), shown_sha256="00" * 32)
    assert not ContractSignature.objects.exists()


def test_nobody_signs_without_agreeing(on_glass: Contract, renter: User, by: Actor) -> None:
    with pytest.raises(ConsentToSignMissing):
        put_down(on_glass, Signer.RENTER, renter, by, clock.now(), has_agreed=False)
    assert not ContractSignature.objects.exists()


def test_a_vehicle_that_nobody_has_inspected_is_not_signed_for(
    rendered: Contract, renter: User, by: Actor
) -> None:
    with pytest.raises(ContractNotReady):
        put_down(rendered, Signer.RENTER, renter, by, clock.now())
    assert not ContractSignature.objects.exists()


def test_the_same_strokes_again_are_the_same_signature(on_glass: Contract, renter: User, by: Actor) -> None:
    first = put_down(on_glass, Signer.RENTER, renter, by, clock.now())
    again = put_down(on_glass, Signer.RENTER, renter, by, clock.now())
    assert first.pk == again.pk


def test_the_text_says_what_the_document_says(rendered: Contract) -> None:
    from rentals.contracts.documents import compose

    text = agreement_text(rendered)
    assert text is not None
    printed = " ".join(text_of(compose(rendered).content).split())
    numbers = [section["number"] for section in text["sections"]]
    assert numbers == list(range(len(numbers)))
    for section in text["sections"]:
        for clause in section["clauses"]:
            # Hyphenation and page breaks aside: the first words of each clause stand in the document.
            assert " ".join(clause["vi"].split()[:4]) in printed
    rows = {row["en"]: row["value"] for section in text["sections"] for row in section["rows"]}
    assert rows["Plate"] == "51K-123.45"
    assert rows["Total, tax included"] == "600.000\u00a0₫"
    assert rows["Security deposit"] == "3.000.000\u00a0₫"


def test_the_words_of_a_walk_in_are_filled_alike_on_both_sides(rendered: Contract) -> None:
    data = rendered.data
    articles = words_of(data["text_version"], sha256=data["text_sha256"])
    left = agreement_with_places(
        articles, data, ["booking.code", "vehicle.plate", "rent.total", "deposit", "km.included"]
    )
    text = filled(left, {"renter.name": "Lê [[x]] {y}", "rent.total": "1 ₫", "vehicle.plate": "51K-1"})
    rows = {row["en"]: row["value"] for section in text["sections"] for row in section["rows"]}
    assert rows["Renter"] == "Lê [[x]] {y}"
    assert rows["Plate"] == "51K-1"
    assert rows["Security deposit"] == "–"
    assert text_sha256(text) != text_sha256(left)


def test_a_moment_reaches_guards_and_leaves_the_servers_own_times(by: Actor) -> None:
    before = clock.now() - timedelta(hours=2)
    with clock.as_of(before):
        assert (clock.now(), clock.wall()) == (before, before + timedelta(hours=2))
    assert clock.now() == before + timedelta(hours=2)
