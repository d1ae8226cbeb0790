"""Signatures that were given on a tablet, with or without a network, or on paper: bound to what people saw."""

import hashlib
import io
from datetime import datetime

from PIL import Image

from accounts.users.models import User
from rentals.contracts import consent, drawing
from rentals.contracts.drawing import Drawing
from rentals.contracts.enums import Signer, SigningMethod
from rentals.contracts.errors import ConsentToSignMissing, ContractChanged
from rentals.contracts.models import Contract, ContractSignature
from rentals.contracts.services.signing import check_signer, keep
from rentals.contracts.texts.choosing import words_of
from rentals.contracts.texts.plain import Agreement, agreement_of, text_sha256
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.images import clean_photo

# Of a scanned sheet as the evidence page prints it.
SCAN_SIDE = 1_000
# What a version looked like before its words were rows of their own cannot be shown as plain words.
NO_TEXT = "layout"


def agreement_text(contract: Contract) -> Agreement | None:
    """Return the readable text of one version in both languages; None for wordings that were templates.

    Raises:
        WordingDamaged: the words that the contract names are not what they were.
    """
    data = contract.data
    if NO_TEXT not in data:
        return None
    articles = words_of(data["text_version"], sha256=data["text_sha256"])
    return agreement_of(articles, data, number=contract.number, version=contract.version)


def sign_as_shown(
    *,
    contract: Contract,
    signer: Signer,
    user: User,
    image: bytes,
    strokes: str,
    shown_sha256: str,
    shown_text_sha256: str,
    record_sha256: str,
    signed_at: datetime,
    tablet: str,
    device: str = "",
    has_agreed: bool = True,
    is_text_checked: bool = True,
    by: Actor,
) -> ContractSignature:
    """Put a signature from a tablet under the version whose words it showed. Locks the contract.

    `shown_sha256` is the hash of the document that the tablet's snapshot named, `shown_text_sha256` that of the words
    on the glass: they must be this version's words, whatever the document's file. `signed_at` is the tablet's time
    as corrected; the evidence keeps it beside the time of receipt. For a walk-in the document was made afterwards
    from what the tablet had filled in: the caller has compared the words itself (`is_text_checked`), and there was
    no document to name. Safe to repeat: the same strokes return the same signature.

    Raises:
        ContractChanged: another text was shown than this version has, or the version has been replaced.
        ConsentToSignMissing, SignatureMissing, SignatureTooShort, PhotoRefused, NotTheSigner, ContractNotReady,
        SignedByOther, ContractAlreadySigned: as for `sign`.
    """
    check_signer(contract, signer, user, by)
    if not has_agreed:
        raise ConsentToSignMissing
    if is_text_checked:
        text = agreement_text(contract)
        if text is None or text_sha256(text) != shown_text_sha256:
            raise ContractChanged(number=contract.number)
    drawn = drawing.drawn(image, strokes)
    row = ContractSignature(
        contract=contract,
        signer=signer,
        user=user,
        name=user.full_name,
        method=drawn.method,
        strokes_sha256=drawn.sha256,
        document_sha256=shown_sha256 or contract.sha256,
        device=device[:200],
        consent_sha256=consent.words_sha256() if signer == Signer.RENTER else "",
        tablet=tablet,
        text_sha256=shown_text_sha256,
        record_sha256=record_sha256,
        received_at=clock.wall(),
    )
    with clock.as_of(signed_at):
        return keep(row, drawn, by)


def sign_on_paper(
    *,
    contract: Contract,
    signer: Signer,
    user: User,
    scan: bytes,
    form: str,
    signed_at: datetime,
    by: Actor,
) -> ContractSignature:
    """Put a signature under a contract that stands on a sheet of paper: the scan, and whoever enters it answers for it.

    `form` is the number of the sheet, `signed_at` the time on it. Locks the contract. Safe to repeat: the same scan
    returns the same signature.

    Raises:
        PhotoRefused: the scan is no usable picture.
        NotTheSigner, ContractNotReady, SignedByOther, ContractAlreadySigned: as for `sign`.
    """
    check_signer(contract, signer, user, by)
    row = ContractSignature(
        contract=contract,
        signer=signer,
        user=user,
        name=user.full_name,
        method=SigningMethod.PAPER,
        strokes_sha256=hashlib.sha256(scan).hexdigest(),
        document_sha256=contract.sha256,
        device=form,
        received_at=clock.wall(),
    )
    drawn = Drawing(_as_png(scan), row.strokes_sha256, SigningMethod.PAPER)
    with clock.as_of(signed_at):
        return keep(row, drawn, by)


def _as_png(scan: bytes) -> bytes:
    picture = Image.open(io.BytesIO(clean_photo(scan).content)).convert("L")
    picture.thumbnail((SCAN_SIDE, SCAN_SIDE))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
