"""Who may stand on an invoice."""

import pytest

from payments.invoices.buyers import Buyer, checked, normal_company_code
from payments.invoices.enums import BuyerKind
from payments.invoices.errors import BuyerIncomplete

COMPANY = Buyer(BuyerKind.COMPANY, "Công ty TNHH Bình Minh", "0100109106", "", "1 Trần Hữu Dực, Hà Nội")


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("0100109106", "0100109106"),
        (" 0100 109 106 ", "0100109106"),
        ("0101248141", "0101248141"),
        ("0100112437-001", "0100112437-001"),
        ("0100112437002", "0100112437-002"),
        # The last of the ten digits does not fit.
        ("0100109107", None),
        ("0000000000", None),
        ("010010910", None),
        ("0100109106-01", None),
        ("MST0100109106", None),
        ("", None),
    ],
)
def test_a_tax_code_has_a_check_digit_and_perhaps_a_branch(typed: str, normal: str | None) -> None:
    assert normal_company_code(typed) == normal


def test_a_company_loses_what_only_persons_have() -> None:
    typed = Buyer(
        BuyerKind.COMPANY, "  Công ty  Bình Minh ", "0100109106", "079099001234", " Hà  Nội ", "a@b.vn"
    )

    assert checked(typed) == Buyer(
        BuyerKind.COMPANY, "Công ty Bình Minh", "0100109106", "", "Hà Nội", "a@b.vn"
    )


@pytest.mark.parametrize(
    ("buyer", "number"),
    [
        (Buyer(BuyerKind.PERSON, "Nguyễn An", "", "079 099 001 234"), "079099001234"),
        (Buyer(BuyerKind.FOREIGNER, "Anna Schmidt", "", "c01x00t47"), "C01X00T47"),
    ],
)
def test_persons_have_a_number_and_no_tax_code(buyer: Buyer, number: str) -> None:
    sound = checked(buyer)

    assert (sound.person_number, sound.tax_code) == (number, "")


@pytest.mark.parametrize(
    ("buyer", "field"),
    [
        (Buyer(BuyerKind.COMPANY, "  ", "0100109106", "", "Hà Nội"), "name"),
        (Buyer(BuyerKind.COMPANY, "Bình Minh", "0100109107", "", "Hà Nội"), "tax_code"),
        (Buyer(BuyerKind.COMPANY, "Bình Minh", "0100109106", "", " "), "address"),
        (Buyer(BuyerKind.PERSON, "Nguyễn An", "", "07909900123"), "person_number"),
        (Buyer(BuyerKind.PERSON, "Nguyễn An", "", "C01X00T47"), "person_number"),
        (Buyer(BuyerKind.FOREIGNER, "Anna Schmidt", "", "C1"), "person_number"),
    ],
)
def test_what_is_missing_is_named(buyer: Buyer, field: str) -> None:
    with pytest.raises(BuyerIncomplete) as refusal:
        checked(buyer)
    assert refusal.value.details["field"] == field
