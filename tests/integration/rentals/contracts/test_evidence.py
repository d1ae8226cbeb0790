import io

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.users.models import User
from rentals.contracts.enums import ContractEventKind
from rentals.contracts.models import Contract, ContractEvent
from rentals.contracts.services.evidence import chain_of, check_chain, check_links, note
from voltgo.core.actors import SYSTEM, Actor, ActorKind

PHONE = Actor(ActorKind.RENTER, "u_1", "Trần Thị Bình")


@pytest.fixture
def bare(contract: Contract) -> Contract:
    """Without any events of its own, so that positions are known."""
    _loosely("DELETE FROM rentals_contractevent")
    return contract


def _loosely(sql: str, *parameters: str | int) -> None:
    """Change evidence as somebody could who owns the database."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, parameters)
        cursor.execute("SET session_replication_role = DEFAULT")


def _three(contract: Contract) -> list[ContractEvent]:
    return [
        note(contract, ContractEventKind.CREATED, by=SYSTEM),
        note(contract, ContractEventKind.VIEWED, by=PHONE, ip_address="2001:DB8::1", device="Điện thoại"),
        note(contract, ContractEventKind.CODE_SENT, by=PHONE, details={"channel": "sms", "tries": 1}),
    ]


def test_each_event_carries_the_hash_of_the_one_before(bare: Contract) -> None:
    first, second, third = _three(bare)

    assert [first.position, second.position, third.position] == [1, 2, 3]
    assert first.previous_sha256 == ""
    assert second.previous_sha256 == first.sha256
    assert third.previous_sha256 == second.sha256
    assert len({first.sha256, second.sha256, third.sha256}) == 3


def test_an_untouched_chain_is_whole(bare: Contract) -> None:
    *_, last = _three(bare)

    result = check_chain(bare)

    assert (result.is_whole, result.length, result.head) == (True, 3, last.sha256)


def test_a_chain_without_events_is_whole(bare: Contract) -> None:
    result = check_chain(bare)

    assert (result.is_whole, result.length, result.head) == (True, 0, "")


def test_addresses_are_kept_in_one_way_of_writing(bare: Contract) -> None:
    for written in ("2001:DB8::1", "::ffff:203.0.113.7", "203.0.113.7", "not an address", None):
        note(bare, ContractEventKind.VIEWED, by=PHONE, ip_address=written)

    assert [link["ip_address"] for link in chain_of(bare)] == [
        "2001:db8::1",
        "203.0.113.7",
        "203.0.113.7",
        "",
        "",
    ]
    assert check_chain(bare).is_whole


@pytest.mark.parametrize(
    "change",
    [
        "device = 'another'",
        "ip_address = '203.0.113.9'",
        "at = at + interval '1 microsecond'",
        "actor_ref = 'u_2'",
        "kind = 'consented'",
        "document_sha256 = 'ab'",
        'details = \'{"channel": "email"}\'',
    ],
)
def test_a_changed_event_breaks_the_chain_from_there_on(bare: Contract, change: str) -> None:
    _three(bare)
    _loosely(f"UPDATE rentals_contractevent SET {change} WHERE position = 2")

    result = check_chain(bare)

    assert (result.broken_at, result.length) == (2, 1)


def test_a_removed_event_breaks_the_chain(bare: Contract) -> None:
    _three(bare)
    _loosely("DELETE FROM rentals_contractevent WHERE position = 2")

    assert check_chain(bare).broken_at == 2


def test_a_chain_of_another_contract_does_not_fit(bare: Contract) -> None:
    _three(bare)

    assert check_links(chain_of(bare), number="HD-OTHER-1").broken_at == 1


def test_the_database_refuses_to_change_evidence(bare: Contract) -> None:
    event = note(bare, ContractEventKind.CREATED, by=SYSTEM)

    with pytest.raises(DatabaseError), transaction.atomic():
        ContractEvent.objects.filter(pk=event.pk).update(device="another")
    with pytest.raises(DatabaseError), transaction.atomic():
        ContractEvent.objects.filter(pk=event.pk).delete()


@pytest.mark.parametrize("details", [{"x": 1.5}, {"x": [object()]}, {1: "x"}])
def test_what_would_not_come_back_the_same_is_refused(bare: Contract, details: dict[str, object]) -> None:
    with pytest.raises(TypeError):
        note(bare, ContractEventKind.CREATED, by=SYSTEM, details=details)

    assert not ContractEvent.objects.exists()


def test_the_command_recomputes_all_and_names_what_is_broken(bare: Contract, attendant: User) -> None:
    _three(bare)
    out = io.StringIO()
    call_command("check_evidence", stdout=out)
    assert out.getvalue() == "1 contracts, 3 events that fit, 0 broken\n"

    _loosely("UPDATE rentals_contractevent SET device = 'x' WHERE position = 3")
    errors = io.StringIO()
    with pytest.raises(CommandError, match="1 chains are broken"):
        call_command("check_evidence", bare.number, stdout=out, stderr=errors)

    assert errors.getvalue() == f"{bare.number}: broken at event 3\n"
