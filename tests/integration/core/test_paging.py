from unittest import mock

from payments.intents import targets
from payments.intents.models import Deposit
from payments.intents.services import retention
from tests.factories.accounts import make_renter
from voltgo.core import clock
from voltgo.core.paging import in_pages


def deposits(number: int) -> list[Deposit]:
    payer = make_renter()
    return [
        Deposit.objects.create(
            reference=f"test:{place}", payer=payer, amount=1_000, retained=1_000, retained_until=clock.today()
        )
        for place in range(number)
    ]


def test_every_row_comes_once_whatever_the_page(db: None) -> None:
    rows = deposits(7)
    assert [row.pk for row in in_pages(Deposit.objects.all(), size=3)] == [row.pk for row in rows]
    assert list(in_pages(Deposit.objects.none(), size=3)) == []


def test_deposits_that_must_stay_do_not_keep_the_rest_waiting(db: None) -> None:
    rows = deposits(5)
    held = {row.reference for row in rows[:3]}
    with (
        mock.patch.object(retention, "BATCH", 2),
        mock.patch.object(targets, "has_open_claim", side_effect=held.__contains__),
        mock.patch.object(retention, "_release", side_effect=lambda reference: reference) as release,
    ):
        assert retention.release_retained() == 2
    assert [call.args[0] for call in release.call_args_list] == [row.reference for row in rows[3:]]
