from hypothesis import given
from hypothesis import strategies as st

from rentals.changes.difference import Difference, difference_of
from rentals.pricing.models import Quote

AMOUNTS = st.integers(min_value=0, max_value=50_000_000)
SHARES = st.integers(min_value=0, max_value=10_000)


def quote(rent, deposit=0):
    return Quote(total_amount=rent, deposit_amount=deposit)


def test_more_rent_is_due_before_the_change():
    difference = difference_of(quote(600_000), quote(900_000), 0)

    assert (difference.due, difference.back, difference.fee, difference.balance) == (300_000, 0, 0, 300_000)


def test_of_less_rent_the_policys_share_goes_back():
    difference = difference_of(quote(600_001), quote(400_000), 5_000)

    assert (difference.due, difference.back, difference.fee) == (0, 100_001, 100_000)


def test_a_dearer_model_with_less_deposit_moves_money_both_ways():
    difference = difference_of(quote(600_000, 5_000_000), quote(900_000, 3_000_000), 0)

    assert (difference.due_rent, difference.due_deposit) == (300_000, 0)
    assert (difference.back_rent, difference.back_deposit) == (0, 2_000_000)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, SHARES)
def test_what_is_kept_is_what_the_new_quote_asks_and_the_fee(rent, deposit, new_rent, new_deposit, share):
    difference = difference_of(quote(rent, deposit), quote(new_rent, new_deposit), share)
    kept = rent + deposit + difference.due - difference.back

    assert kept == new_rent + new_deposit + difference.fee
    assert min(difference.due, difference.back, difference.fee) >= 0
    assert difference.fee <= max(0, rent - new_rent)


@given(AMOUNTS, SHARES)
def test_nothing_changes_hands_where_nothing_differs(rent, share):
    assert difference_of(quote(rent), quote(rent), share) == Difference(0, 0, 0)
