"""Judging a PDF that anybody may have handed in: is our seal on it, and is everything under it as we sealed it?

Reads no PDF structure at all. A seal of ours covers every byte of the file but the hexadecimal digits of the seal
itself; so it is enough to find the range that it says, hash what lies outside the digits, and check the signature
against certificates that we know. The work grows with the file's length and with nothing else, whatever is in it.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from voltgo.core.sealing import library
from voltgo.core.sealing.keys import common_name, known_certificates
from voltgo.core.sealing.writing import BASIC, TIMESTAMPED

MOST_BYTES = 6 * 1024 * 1024
# Seals of ours take about 8,000 digits, with a timestamp about 30,000.
MOST_DIGITS = 200_000
# A document has one seal; later signatures of others may follow it. More than this is nobody's document.
MOST_RANGES = 8
RANGE = re.compile(rb"/ByteRange\s{0,4}\[\s{0,4}(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s+(\d{1,9})\s{0,80}\]")
MOMENT = re.compile(rb"/M\s{0,4}\(D(?::|\\072)(\d{14})Z\)")
KEY_HEAD = 48
NEARBY = 4_096
TIMESTAMP_TOKEN = "1.2.840.113549.1.9.16.2.14"  # noqa: S105 (the name of an attribute, RFC 3161)


class SealState(StrEnum):
    """What became of the seal."""

    INTACT = "intact"
    ALTERED = "altered"
    NOT_OURS = "not_ours"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a file's seal says. Of a seal that is not intact nothing but the state can be believed."""

    state: SealState
    signer: str = ""
    certificate_sha256: str = ""
    level: str = ""
    # As the seal says; it cannot be changed without breaking it.
    at: datetime | None = None
    sha256: str = ""


def judge(content: bytes) -> Judgement:
    """Judge a file. Never raises for what is in it; a file that is too long has no seal of ours."""
    sha256 = hashlib.sha256(content).hexdigest()
    if len(content) > MOST_BYTES:
        return Judgement(SealState.NONE, sha256=sha256)
    found = [_judge_range(content, match) for match in _ranges(content)]
    order = [SealState.INTACT, SealState.ALTERED]
    if not _names_us(content):
        order.append(SealState.NOT_OURS)
    for state in order:
        for judgement in found:
            if judgement.state == state:
                return Judgement(
                    judgement.state,
                    judgement.signer,
                    judgement.certificate_sha256,
                    judgement.level,
                    judgement.at,
                    sha256,
                )
    # Nothing readable, but our name or key stands there: a seal of ours that was broken beyond reading.
    state = SealState.ALTERED if _names_us(content) else SealState.NONE
    return Judgement(state, sha256=sha256)


def _names_us(content: bytes) -> bool:
    """Tell whether the digits of a key of ours stand anywhere in a file: of either half, since one may be spoilt.

    Not the name: anybody can have a certificate made out in ours.
    """
    digits = content.upper()
    for certificate in known_certificates().values():
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        # The head says what kind of key it is, which many keys share.
        middle = len(key) // 2
        halves = (key[KEY_HEAD:middle], key[middle:])
        if any(half.hex().upper().encode() in digits for half in halves):
            return True
    return False


def _ranges(content: bytes) -> list[re.Match[bytes]]:
    matches = []
    for match in RANGE.finditer(content):
        matches.append(match)
        if len(matches) == MOST_RANGES:
            break
    return matches


def _judge_range(content: bytes, match: re.Match[bytes]) -> Judgement:
    start, before, after, rest = (int(number) for number in match.groups())
    is_whole = start == 0 and before < after and after + rest == len(content)
    digits = content[before + 1 : after - 1] if before < after <= len(content) else b""
    signature = _read(digits)
    ours = known_certificates()
    known = ours.get(signature.certificate_sha256) if signature else None
    if signature is None or known is None:
        return Judgement(_without_certificate(digits, signature, list(ours.values())))
    is_framed = content[before : before + 1] == b"<" and content[after - 1 : after] == b">"
    covered = hashlib.sha256(content[:before])
    covered.update(content[after:])
    is_intact = (
        is_whole
        and is_framed
        # Letters of the other case, or digits behind the seal, would be the same seal in other bytes.
        and signature.is_canonical
        and covered.digest() == signature.document_digest
        and _is_signed(known.public_key(), signature)
    )
    if not is_intact:
        return Judgement(SealState.ALTERED)
    return Judgement(
        SealState.INTACT,
        signer=common_name(known),
        certificate_sha256=signature.certificate_sha256,
        level=TIMESTAMPED if signature.has_timestamp else BASIC,
        at=_moment(content, start=match.end()),
    )


def _without_certificate(
    digits: bytes, signature: "_Signature | None", ours: list[x509.Certificate]
) -> SealState:
    """Judge a seal that cannot be read, or whose certificate is none of ours: it may be ours with a changed byte."""
    if signature is not None:
        is_ours = any(_is_signed(each.public_key(), signature) for each in ours)
        return SealState.ALTERED if is_ours else SealState.NOT_OURS
    upper = digits[:MOST_DIGITS].upper()
    holds_ours = any(each.public_bytes(Encoding.DER).hex().upper().encode() in upper for each in ours)
    return SealState.ALTERED if holds_ours else SealState.NONE


@dataclass(frozen=True, slots=True)
class _Signature:
    certificate_sha256: str
    document_digest: bytes
    attributes: bytes
    value: bytes
    has_timestamp: bool
    is_canonical: bool


def _read(digits: bytes) -> _Signature | None:
    """Read a seal's digits; None if they are no signature with one signer and a certificate."""
    # asn1crypto raises many kinds of error at broken values, RecursionError among them.
    if not digits or len(digits) > MOST_DIGITS:
        return None
    try:
        with library.loaded():
            return _parse(digits)
    except Exception:  # noqa: BLE001 (see above)
        return None


def _parse(digits: bytes) -> _Signature | None:
    from asn1crypto import cms

    raw = bytes.fromhex(digits.decode("ascii"))
    info = cms.ContentInfo.load(raw)  # type: ignore[no-untyped-call]
    data = info["content"]
    (signer,) = data["signer_infos"]
    sid = signer["sid"].chosen
    mine = [
        choice.chosen
        for choice in data["certificates"]
        if (choice.chosen.issuer.dump(), choice.chosen.serial_number)
        == (sid["issuer"].dump(), sid["serial_number"].native)
    ]
    attributes = {each["type"].native: each["values"] for each in signer["signed_attrs"]}
    unsigned = [each["type"].dotted for each in signer["unsigned_attrs"] or []]
    # What is signed is the set as such, not the field of the structure that holds it.
    attribute_bytes = signer["signed_attrs"].untag().dump(force=True)
    framed = _framed(cms, data, signer)
    return _Signature(
        certificate_sha256=hashlib.sha256(mine[0].dump()).hexdigest(),
        document_digest=attributes["message_digest"][0].native,
        attributes=attribute_bytes,
        value=signer["signature"].native,
        has_timestamp=TIMESTAMP_TOKEN in unsigned,
        is_canonical=digits == digits.upper() and raw.startswith(framed) and not any(raw[len(framed) :]),
    )


def _framed(cms: Any, data: Any, signer: Any) -> bytes:
    """Write a seal as we write them, round what its signature covers: version numbers and names of algorithms are
    covered by nothing.
    """
    fields = {
        "version": "v1",
        "sid": signer["sid"],
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": signer["signed_attrs"],
        "signature_algorithm": {"algorithm": "sha256_rsa"},
        "signature": signer["signature"].native,
    }
    if signer["unsigned_attrs"]:
        fields["unsigned_attrs"] = signer["unsigned_attrs"]
    content = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "data"},
        "certificates": data["certificates"],
        "signer_infos": [cms.SignerInfo(fields)],
    }
    whole = cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)})
    return bytes(whole.dump())


def _is_signed(public_key: Any, signature: _Signature) -> bool:
    assert isinstance(public_key, RSAPublicKey)
    try:
        public_key.verify(signature.value, signature.attributes, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True


def _moment(content: bytes, *, start: int) -> datetime | None:
    """Return the moment that the seal's dictionary says after its range."""
    found = MOMENT.search(content, start, min(len(content), start + NEARBY))
    if found is None:
        return None
    try:
        return datetime.strptime(found.group(1).decode(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
