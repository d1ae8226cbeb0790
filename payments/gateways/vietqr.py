"""VietQR codes as pure functions: the text of a code, its checksum, and short memos for transfers.

The layout is EMVCo's "tag, length, value" with the fields that NAPAS gives VietQR; tests compare it with
published codes.
"""

import binascii
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from voltgo.core.codes import ALPHABET
from voltgo.core.money import Dong

NAPAS = "A000000727"
TO_ACCOUNT, TO_CARD = "QRIBFTTA", "QRIBFTTC"
DONG, VIETNAM = "704", "VN"
STATIC, DYNAMIC = "11", "12"
LONGEST_MEMO = 25
LONGEST_ACCOUNT = 19
CHECKSUM = "6304"

# Names of the banks that payers see; an unknown BIN is shown as it is.
BANKS = {
    "970403": "Sacombank",
    "970405": "Agribank",
    "970407": "Techcombank",
    "970415": "VietinBank",
    "970416": "ACB",
    "970418": "BIDV",
    "970422": "MB Bank",
    "970423": "TPBank",
    "970426": "MSB",
    "970431": "Eximbank",
    "970432": "VPBank",
    "970436": "Vietcombank",
    "970437": "HDBank",
    "970440": "SeABank",
    "970441": "VIB",
    "970443": "SHB",
    "970448": "OCB",
    "970449": "LPBank",
}

# --- Memos --------------------------------------------------------------------------------------
PREFIX = "VG"
# A number of ten digits in base 27: nine letters with the prefix, which is all that some banks carry.
MEMO_LETTERS = 7
# The reference of an attempt that is paid by transfer: six digits of its day, ten of its own.
_NUMERIC_REF = re.compile(r"\d{6}(\d{10})")


class NotVietQR(ValueError):
    """A text is no code that we can read."""


@dataclass(frozen=True, slots=True)
class TransferCode:
    """What a VietQR code says."""

    bank_bin: str
    account_number: str
    # None leaves it to the payer.
    amount: Dong | None = None
    memo: str = ""
    is_card: bool = False


def checksum(text: str) -> str:
    """Return the CRC-16/CCITT-FALSE of a text as four upper-case hex digits."""
    return f"{binascii.crc_hqx(text.encode(), 0xFFFF):04X}"


def build(code: TransferCode) -> str:
    """Return the text of a code; raises NotVietQR for what no code can carry."""
    if not re.fullmatch(r"\d{6}", code.bank_bin, re.ASCII):
        raise NotVietQR("a BIN has six digits")
    if not re.fullmatch(rf"[0-9A-Za-z]{{1,{LONGEST_ACCOUNT}}}", code.account_number, re.ASCII):
        raise NotVietQR("an account has 1 to 19 letters and digits")
    if code.amount is not None and not 0 < code.amount < 10**13:
        raise NotVietQR("an amount is positive and has at most 13 digits")
    if code.memo != memo_text(code.memo):
        raise NotVietQR("a memo has at most 25 plain characters")
    account = _field("00", code.bank_bin) + _field("01", code.account_number)
    target = (
        _field("00", NAPAS) + _field("01", account) + _field("02", TO_CARD if code.is_card else TO_ACCOUNT)
    )
    parts = [
        _field("00", "01"),
        _field("01", STATIC if code.amount is None else DYNAMIC),
        _field("38", target),
        _field("53", DONG),
        _field("54", str(code.amount)) if code.amount is not None else "",
        _field("58", VIETNAM),
        _field("62", _field("08", code.memo)) if code.memo else "",
        CHECKSUM,
    ]
    text = "".join(parts)
    return text + checksum(text)


def parse(text: str) -> TransferCode:
    """Read a code; raises NotVietQR if its checksum, its layout or its currency is another."""
    if len(text) < len(CHECKSUM) + 4 or text[-8:-4] != CHECKSUM or checksum(text[:-4]) != text[-4:].upper():
        raise NotVietQR("wrong checksum")
    fields = _fields(text[:-8])
    target = _fields(fields.get("38", ""))
    account = _fields(target.get("01", ""))
    amount = fields.get("54", "")
    if target.get("00") != NAPAS or fields.get("53") != DONG or not {"00", "01"} <= account.keys():
        raise NotVietQR("no transfer in dong through NAPAS")
    if amount and not re.fullmatch(r"[1-9]\d*", amount, re.ASCII):
        raise NotVietQR("an amount is a whole number of dong")
    return TransferCode(
        bank_bin=account["00"],
        account_number=account["01"],
        amount=int(amount) if amount else None,
        memo=_fields(fields.get("62", "")).get("08", ""),
        is_card=target.get("02") == TO_CARD,
    )


def _field(tag: str, value: str) -> str:
    if len(value) > 99:
        raise NotVietQR(f"field {tag} is too long")
    return f"{tag}{len(value):02d}{value}"


def _fields(text: str) -> dict[str, str]:
    """Split "tag, length, value" triples."""
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        head = text[at : at + 4]
        if not re.fullmatch(r"\d{4}", head, re.ASCII):
            raise NotVietQR("a field has no tag and length")
        end = at + 4 + int(head[2:])
        if end > len(text) or head[:2] in found:
            raise NotVietQR(f"field {head[:2]} is cut off or stands there twice")
        found[head[:2]] = text[at + 4 : end]
        at = end
    return found


def memo_text(text: str) -> str:
    """Return a text as banks carry it: no accents, letters, digits and single spaces, 25 at most."""
    split = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(char for char in split if not unicodedata.combining(char))
    return re.sub(r"[^0-9A-Za-z]+", " ", letters).strip()[:LONGEST_MEMO].strip()


def memo_of(merchant_ref: str) -> str:
    """Return the memo that names an attempt: `VG` and its number in letters without look-alikes."""
    numeric = _NUMERIC_REF.fullmatch(merchant_ref)
    if numeric is None:
        raise ValueError("only a numeric reference has a memo")
    rest = int(numeric.group(1))
    letters = ""
    for _ in range(MEMO_LETTERS):
        rest, index = divmod(rest, len(ALPHABET))
        letters = ALPHABET[index] + letters
    return PREFIX + letters


def refs_of_memo(memo: str, *, on: date, days: int = 62) -> list[str]:
    """Return the references that a memo may name: one for each day up to `on`, the latest first.

    The memo leaves out the day. Two attempts that share their ten digits within two months are as good as
    impossible; should it happen, both are found, and a person decides.
    """
    letters = memo.removeprefix(PREFIX)
    if len(letters) != MEMO_LETTERS or any(letter not in ALPHABET for letter in letters):
        return []
    number = 0
    for letter in letters:
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    if number >= 10**10:
        return []
    return [f"{on - timedelta(days=age):%y%m%d}{number:010d}" for age in range(days)]
