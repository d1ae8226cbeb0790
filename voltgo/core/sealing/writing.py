"""Putting the company's seal on a PDF: PAdES B-B, or B-T where a timestamp authority is set.

The seal certifies the document and lets a later signature be added, such as the renter's own from a public
authority; any other change breaks it. Without a timestamp the same document, moment and key give the same bytes.
"""

import hashlib
import io
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypedDict

from django.conf import settings

from voltgo.core.sealing import library
from voltgo.core.sealing.errors import CannotSeal
from voltgo.core.sealing.keys import CompanySeal, get_key

if TYPE_CHECKING:
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.signers import PdfSigner, Signer
    from pyhanko.sign.timestamps import TimeStamper

logger = logging.getLogger(__name__)

FIELD = "VoltGoSeal"
DIGEST = "sha256"
BASIC = "PAdES-B-B"
TIMESTAMPED = "PAdES-B-T"
TSA_SECONDS = 5
TSA_TRIES = 2


class SealInfo(TypedDict):
    """How a document was sealed, as it is kept with the row. `timestamp` is "", "kept" or "away"."""

    level: str
    key: str
    certificate: str
    certificate_sha256: str
    at: str
    timestamp: str


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed PDF, the SHA-256 of its bytes, and how it was sealed."""

    content: bytes
    sha256: str
    info: SealInfo


def seal(content: bytes, *, reason: str, at: datetime, name: str = "") -> Sealed:
    """Seal a PDF that has no seal yet, saying `at` as its moment and `name` as its signer.

    When the timestamp authority fails twice, the document is sealed without it and `info` says so: people wait
    for their copy, and a signed file is made only once. Takes no transaction: a remote key is asked over the
    network.

    Raises:
        SealKeyUnfit, SealKeyAway: no usable key.
        CannotSeal: it is no PDF that can be sealed.
    """
    company = get_key()
    timestamp = ""
    sealed = None
    if settings.SEAL_TSA_URL:
        sealed = _with_timestamp(content, company, reason=reason, at=at, name=name)
        timestamp = "kept" if sealed else "away"
    if sealed is None:
        sealed = _write(content, company, reason=reason, at=at, name=name, timestamper=None)
    info = SealInfo(
        level=TIMESTAMPED if timestamp == "kept" else BASIC,
        key=company.name,
        certificate=company.subject,
        certificate_sha256=company.certificate_sha256,
        at=at.astimezone(UTC).isoformat(timespec="seconds"),
        timestamp=timestamp,
    )
    return Sealed(sealed, hashlib.sha256(sealed).hexdigest(), info)


def _with_timestamp(content: bytes, company: CompanySeal, **said: Any) -> bytes | None:
    from pyhanko.sign.timestamps.common_utils import TimestampRequestError

    timestamper = _timestamper(settings.SEAL_TSA_URL)
    for _ in range(TSA_TRIES):
        try:
            return _write(content, company, timestamper=timestamper, **said)
        except (OSError, TimestampRequestError, ValueError) as error:
            # OSError is what requests raises, ValueError what a broken answer does.
            logger.warning("the timestamp authority failed: %s", type(error).__name__)
    return None


@lru_cache(maxsize=2)
def _timestamper(url: str) -> "TimeStamper":
    """Return the authority's client, which asks it once per process how long its answers are."""
    from pyhanko.sign.timestamps.requests_client import HTTPTimeStamper

    make: Any = HTTPTimeStamper
    timestamper: TimeStamper = make(url, https=url.startswith("https:"), timeout=TSA_SECONDS)
    return timestamper


def _write(
    content: bytes,
    company: CompanySeal,
    *,
    reason: str,
    at: datetime,
    name: str,
    timestamper: "TimeStamper | None",
) -> bytes:
    from pyhanko.pdf_utils.misc import PdfError

    out = io.BytesIO()
    try:
        with library.loaded():
            signer = _pdf_signer(company, reason=reason, at=at, name=name, timestamper=timestamper)
            signer.sign_pdf(_writer(content), output=out)
    except PdfError as error:
        raise CannotSeal(type(error).__name__) from error
    return out.getvalue()


def _pdf_signer(
    company: CompanySeal, *, reason: str, at: datetime, name: str, timestamper: "TimeStamper | None"
) -> "PdfSigner":
    from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata, PdfSigner

    class AtItsMoment(PdfSigner):
        """Says the moment of signing instead of the moment of the job."""

        def init_signing_session(self, *args: Any, **options: Any) -> Any:
            session = super().init_signing_session(*args, **options)
            session.system_time = at.astimezone(UTC)
            return session

    said = PdfSignatureMetadata(
        field_name=FIELD,
        md_algorithm=DIGEST,
        reason=reason,
        name=name or None,
        certify=True,
        subfilter=SigSeedSubFilter.PADES,
        docmdp_permissions=MDPPerm.FILL_FORMS,
        # An RSA signature has one length: no room is left for bytes that nobody vouches for.
        tight_size_estimates=timestamper is None,
    )
    return AtItsMoment(said, _signer(company), timestamper=timestamper, new_field_spec=SigFieldSpec(FIELD))


def _signer(company: CompanySeal) -> "Signer":
    from asn1crypto import x509
    from cryptography.hazmat.primitives.serialization import Encoding
    from pyhanko.sign.signers import Signer
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    leaf, *issuers = (
        x509.Certificate.load(each.public_bytes(Encoding.DER))  # type: ignore[no-untyped-call]
        for each in (company.certificate, *company.issuers)
    )
    registry: Any = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    registry.register_multiple(issuers)
    length = company.certificate.public_key().key_size // 8  # type: ignore[union-attr]  # RSA, see keys.fitting

    class CompanySigner(Signer):
        """Signs with the company's key, which pyHanko's own signer would load and check anew each time."""

        # As pyHanko calls it.
        async def async_sign_raw(
            self,
            data: bytes,
            _digest_algorithm: str,
            dry_run: bool = False,  # noqa: FBT001, FBT002
        ) -> bytes:
            return bytes(length) if dry_run else company.key.sign(data)

    return CompanySigner(signing_cert=leaf, cert_registry=registry, embed_roots=False)


def _writer(content: bytes) -> "IncrementalPdfFileWriter":
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

    class Repeatable(IncrementalPdfFileWriter):
        """Adds to a file without the present time and without chance."""

        @classmethod
        def _handle_id(cls, prev: Any) -> Any:
            first = prev.trailer["/ID"][0]
            second = hashlib.md5(hashlib.sha256(content).digest(), usedforsecurity=False).digest()
            original = getattr(first, "original_bytes", first)
            return generic.ArrayObject([generic.ByteStringObject(original), generic.ByteStringObject(second)])

        def _update_meta(self) -> None:
            """Leave the document's dates alone: it was rendered as of the moment that the seal says."""

    return Repeatable(io.BytesIO(content))
