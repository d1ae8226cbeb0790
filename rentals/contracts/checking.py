"""Judging a PDF that somebody hands in: genuine, altered or unknown. Nothing of it is kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Q

from rentals.contracts.models import Contract, ContractAddendum
from voltgo.core import sealing
from voltgo.core.sealing import SealState


class Verdict(StrEnum):
    """What can be said of a file. `unsigned` is genuine, but not the signed copy."""

    GENUINE = "genuine"
    UNSIGNED = "unsigned"
    VOIDED = "voided"
    ALTERED = "altered"
    UNKNOWN = "unknown"
    TOO_LONG = "too_long"


@dataclass(frozen=True, slots=True)
class Finding:
    """The verdict, and what anybody may know of the document that a genuine file is."""

    verdict: Verdict
    sha256: str = ""
    number: str = ""
    contract_number: str = ""
    version: int = 0
    is_addendum: bool = False
    signed_at: datetime | None = None
    is_sealed: bool = False
    is_trial: bool = False
    signer: str = ""


def check_file(content: bytes) -> Finding:
    """Judge a file by its hash and by its seal.

    A file that we have on record is genuine. Any other that carries our seal, whole or broken, was altered: of a
    sealed document only one file is ever on record.
    """
    if len(content) > sealing.MOST_BYTES:
        return Finding(Verdict.TOO_LONG)
    judgement = sealing.judge(content)
    known = _on_record(judgement.sha256)
    if known is not None:
        return known
    if judgement.state in {SealState.INTACT, SealState.ALTERED}:
        return Finding(Verdict.ALTERED, sha256=judgement.sha256, signer=judgement.signer)
    return Finding(Verdict.UNKNOWN, sha256=judgement.sha256)


def _on_record(sha256: str) -> Finding | None:
    contract = Contract.objects.filter(Q(signed_sha256=sha256) | Q(sha256=sha256)).first()
    if contract is not None:
        return _contract(contract, sha256)
    addendum = ContractAddendum.objects.select_related("contract").filter(sha256=sha256).first()
    if addendum is None:
        return None
    return Finding(
        Verdict.GENUINE,
        sha256=sha256,
        number=addendum.number,
        contract_number=addendum.contract.number,
        version=addendum.contract.version,
        is_addendum=True,
        signed_at=addendum.accepted_at,
        **_seal(addendum.seal),
    )


def _contract(contract: Contract, sha256: str) -> Finding:
    is_signed = sha256 == contract.signed_sha256
    verdict = Verdict.GENUINE if is_signed else Verdict.UNSIGNED
    if contract.state == "voided":
        verdict = Verdict.VOIDED
    return Finding(
        verdict,
        sha256=sha256,
        number=contract.number,
        contract_number=contract.number,
        version=contract.version,
        signed_at=contract.signed_at if is_signed else None,
        **(_seal(contract.seal) if is_signed else {}),
    )


def _seal(seal: dict[str, Any]) -> dict[str, Any]:
    return {
        "is_sealed": bool(seal),
        "is_trial": seal.get("key") == "development",
        "signer": seal.get("certificate", ""),
    }
