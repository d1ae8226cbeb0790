"""Who stands on an invoice as the buyer: what a person may say, how it is checked, kept and frozen."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from payments.invoices.buyer_models import BuyerDetails
from payments.invoices.enums import BuyerKind
from payments.invoices.errors import BuyerIncomplete
from voltgo.core import crypto

# Ten digits of which the last checks the others, or those of a branch with three more.
COMPANY_CODE = re.compile(r"(\d{10})(?:-?(\d{3}))?")
WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
# Since July 2025 the personal number takes the place of a person's tax code.
PERSONAL_NUMBER = re.compile(r"\d{12}")
PASSPORT = re.compile(r"[A-Z0-9]{6,12}")
SHOWN_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Buyer:
    """What a person wants on an invoice. `person_number` is a personal number or that of a passport."""

    kind: BuyerKind
    name: str
    tax_code: str = ""
    person_number: str = ""
    address: str = ""
    email: str = ""


def normal_company_code(text: str) -> str | None:
    """Return a company's tax code as printed, `0123456789` or `0123456789-001`; None if it is none."""
    found = COMPANY_CODE.fullmatch(re.sub(r"[\s.]", "", text))
    if not found or not _is_checked(found[1]):
        return None
    return f"{found[1]}-{found[2]}" if found[2] else found[1]


def _is_checked(digits: str) -> bool:
    """Compare the tenth digit with the weighted sum of the nine before it."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, WEIGHTS, strict=False))
    return len(set(digits)) > 1 and 10 - total % 11 == int(digits[9])


def checked(buyer: Buyer) -> Buyer:
    """Return a buyer with every field in its normal form.

    Raises:
        BuyerIncomplete: something is missing or cannot be; `details["field"]` says which.
    """
    name, address = " ".join(buyer.name.split()), " ".join(buyer.address.split())
    if not name:
        raise BuyerIncomplete(_("Hãy nhập tên trên hóa đơn."), field="name")
    if buyer.kind == BuyerKind.COMPANY:
        tax_code = normal_company_code(buyer.tax_code)
        if tax_code is None:
            raise BuyerIncomplete(
                _("Mã số thuế gồm 10 chữ số, hoặc 10 chữ số và 3 chữ số của chi nhánh. Hãy kiểm tra lại."),
                field="tax_code",
            )
        if not address:
            raise BuyerIncomplete(_("Hóa đơn cho công ty cần địa chỉ."), field="address")
        return Buyer(buyer.kind, name, tax_code, "", address, buyer.email.strip())
    number = re.sub(r"[\s.-]", "", buyer.person_number).upper()
    pattern, words = (
        (PASSPORT, _("Số hộ chiếu gồm 6 đến 12 chữ cái và chữ số."))
        if buyer.kind == BuyerKind.FOREIGNER
        else (PERSONAL_NUMBER, _("Số định danh cá nhân gồm 12 chữ số."))
    )
    if not pattern.fullmatch(number):
        raise BuyerIncomplete(words, field="person_number")
    return Buyer(buyer.kind, name, "", number, address, buyer.email.strip())


@transaction.atomic
def save_buyer(*, user: User, buyer: Buyer, reference: str = "", is_default: bool = False) -> BuyerDetails:
    """Keep what a person wants on the invoice of a reference, or (without one) on all to come.

    With `is_default` it is kept for later invoices as well. The caller has made sure that the reference is
    theirs and that its receipt is not issued yet.

    Raises:
        BuyerIncomplete: as `checked`.
    """
    sound = checked(buyer)
    values: dict[str, Any] = {
        "kind": sound.kind,
        "name": sound.name,
        "tax_code": sound.tax_code,
        "person_number_encrypted": crypto.encrypt(sound.person_number) if sound.person_number else "",
        "address": sound.address,
        "email": sound.email,
    }
    for where in {reference, ""} if is_default else {reference}:
        BuyerDetails.objects.update_or_create(user=user, reference=where, defaults=values)
    return BuyerDetails.objects.get(user=user, reference=reference)


def forget_buyer(*, user: User, reference: str = "") -> None:
    """Drop what a person wanted for a reference, or their default; what was issued stays."""
    BuyerDetails.objects.filter(user=user, reference=reference).delete()


def buyer_of(*, user: User, reference: str = "") -> Buyer | None:
    """Return what a person wants on the invoice of a reference."""
    row = BuyerDetails.objects.filter(user=user, reference=reference).first()
    return _buyer(row) if row else None


def wanted_name(*, user: User, reference: str) -> str:
    """Return the name that would stand on the invoice of a reference; empty if nobody asked for one."""
    rows = BuyerDetails.objects.filter(user=user, reference__in=[reference, ""]).order_by("-reference")
    return rows.values_list("name", flat=True).first() or ""


def suggested_buyer(*, user: User, reference: str) -> Buyer:
    """Return what the form for a reference starts with: what was said, the default, the person's name."""
    return (
        buyer_of(user=user, reference=reference)
        or buyer_of(user=user)
        or Buyer(BuyerKind.PERSON, user.full_name, email=user.email)
    )


def _buyer(row: BuyerDetails) -> Buyer:
    number = crypto.decrypt(row.person_number_encrypted) if row.person_number_encrypted else ""
    return Buyer(BuyerKind(row.kind), row.name, row.tax_code, number, row.address, row.email)


def frozen_for(*, user: User, reference: str) -> dict[str, str] | None:
    """Return the buyer as a receipt freezes it, numbers of persons encrypted; None if nobody asked."""
    row = BuyerDetails.objects.filter(user=user, reference__in=[reference, ""]).order_by("-reference").first()
    return as_frozen(_buyer(row)) if row else None


def as_frozen(buyer: Buyer) -> dict[str, str]:
    """Return a buyer as documents keep it."""
    return {
        "kind": str(buyer.kind),
        "name": buyer.name,
        "tax_code": buyer.tax_code,
        "person_number_encrypted": crypto.encrypt(buyer.person_number) if buyer.person_number else "",
        "address": buyer.address,
        "email": buyer.email,
    }


def shown(frozen: Mapping[str, str] | None) -> dict[str, str] | None:
    """Return a frozen buyer for people: of a personal number only the last digits."""
    if not frozen:
        return None
    token = frozen.get("person_number_encrypted", "")
    number = crypto.decrypt(token)[-SHOWN_DIGITS:] if token else ""
    return {**frozen, "person_number": f"•••• {number}" if number else ""}


def revealed(frozen: Mapping[str, str] | None) -> dict[str, str] | None:
    """Return a frozen buyer with its number whole, for the provider of invoices alone."""
    if not frozen:
        return None
    token = frozen.get("person_number_encrypted", "")
    kept = {name: value for name, value in frozen.items() if name != "person_number_encrypted"}
    return {**kept, "person_number": crypto.decrypt(token) if token else ""}
