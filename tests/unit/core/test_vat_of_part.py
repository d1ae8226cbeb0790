import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltgo.core.money import split_vat, vat_of_part


@given(gross=st.integers(1, 10**9), share=st.floats(0, 1), vat_bp=st.sampled_from([0, 500, 800, 1000]))
def test_what_is_kept_and_what_goes_back_have_the_vat_of_the_whole(gross, share, vat_bp):
    vat = split_vat(gross, vat_bp)[1]
    part = int(gross * share)

    kept = vat_of_part(part, gross=gross, vat=vat)
    back = vat * (gross - part) // gross

    assert kept + back == vat
    assert abs(kept - split_vat(part, vat_bp)[1]) <= 2


def test_the_whole_has_all_of_it_and_nothing_has_none():
    assert vat_of_part(600_000, gross=600_000, vat=44_444) == 44_444
    assert vat_of_part(0, gross=600_000, vat=44_444) == 0


@pytest.mark.parametrize(("part", "gross"), [(-1, 100), (101, 100), (0, 0)])
def test_a_part_that_is_none_is_refused(part, gross):
    with pytest.raises(ValueError, match="a part lies"):
        vat_of_part(part, gross=gross, vat=7)
