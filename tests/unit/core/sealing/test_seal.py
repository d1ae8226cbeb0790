"""Seals, judged by ourselves, by pyHanko and by poppler."""

import hashlib
import io
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyhanko.keys import load_certs_from_pemder, load_private_key_from_pemder
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from voltgo.core import pdf
from voltgo.core.sealing import MOST_BYTES, Sealed, SealState, judge, keys, seal
from voltgo.core.sealing.development import CHAIN, KEY, ensure

JUDGE_THEN_SEAL = """
import pathlib, sys
from datetime import UTC, datetime
from voltgo.core import sealing
folder = pathlib.Path(sys.argv[1])
print(sealing.judge((folder / "sealed").read_bytes()).state)
again = sealing.seal((folder / "plain").read_bytes(), reason="x", at=datetime(2026, 11, 24, tzinfo=UTC))
print(sealing.judge(again.content).state)
"""
AT = datetime(2026, 11, 24, 1, 30, tzinfo=UTC)
HTML = "<html lang=vi><head><title>Thử</title></head><body><h1>Hợp đồng thuê xe điện</h1></body></html>"


@pytest.fixture(scope="module")
def document() -> bytes:
    return pdf.render(HTML, identifier="test", created_at=AT).content


@pytest.fixture
def sealed(document: bytes) -> Sealed:
    return seal(document, reason="Bản hợp đồng đã ký", at=AT, name="Công ty Cổ phần VoltGo")


def by_pyhanko(content: bytes) -> bool:
    """Whether pyHanko calls the seal valid, trusted and over the whole file."""
    _leaf, root = load_certs_from_pemder([str(Path(str(_var())) / "seal" / CHAIN)])
    context = ValidationContext(trust_roots=[root], allow_fetching=False)
    try:
        (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
        status = validate_pdf_signature(signature, context)
    except (PdfError, SignatureValidationError, ValueError, TypeError, LookupError):
        return False
    return bool(status.bottom_line and status.coverage == SignatureCoverageLevel.ENTIRE_FILE)


def by_poppler(content: bytes, folder: Path) -> bool:
    """Whether poppler's pdfsig calls the seal valid and over the whole file."""
    path = folder / "sealed.pdf"
    path.write_bytes(content)
    said = subprocess.run(
        ["pdfsig", "-nocert", str(path)], capture_output=True, text=True, check=False
    ).stdout
    return "Signature is Valid" in said and "Total document signed" in said


def _var() -> Path:
    from django.conf import settings

    return Path(settings.VAR_DIR)


def range_of(content: bytes) -> tuple[int, int]:
    """Return where the digits of the seal begin and end."""
    match = re.search(rb"/ByteRange \[0 (\d+) (\d+) \d+\]", content)
    assert match
    return int(match.group(1)), int(match.group(2))


def flipped(content: bytes, position: int) -> bytes:
    """Change one bit: a digit becomes another digit, a letter another letter."""
    changed = bytearray(content)
    changed[position] ^= 0x01
    return bytes(changed)


# --- What the seal is ---------------------------------------------------------------------------------


def test_a_seal_is_valid_to_us_to_pyhanko_and_to_poppler(sealed: Sealed, tmp_path: Path) -> None:
    judgement = judge(sealed.content)

    assert (judgement.state, judgement.level, judgement.at) == (SealState.INTACT, "PAdES-B-B", AT)
    assert judgement.signer == "VoltGo – con dấu thử / development seal"
    assert by_pyhanko(sealed.content)
    assert by_poppler(sealed.content, tmp_path)


def test_what_was_rendered_stands_unchanged_before_the_seal(document: bytes, sealed: Sealed) -> None:
    assert sealed.content.startswith(document)
    assert sealed.sha256 == hashlib.sha256(sealed.content).hexdigest()


def test_the_same_document_moment_and_key_give_the_same_bytes(document: bytes, sealed: Sealed) -> None:
    again = seal(document, reason="Bản hợp đồng đã ký", at=AT, name="Công ty Cổ phần VoltGo")

    assert again.sha256 == sealed.sha256
    later = seal(document, reason="x", at=AT + timedelta(seconds=1))
    assert later.sha256 != sealed.sha256


def test_the_row_is_told_how_it_was_sealed(sealed: Sealed) -> None:
    assert sealed.info == {
        "level": "PAdES-B-B",
        "key": "development",
        "certificate": "VoltGo – con dấu thử / development seal",
        "certificate_sha256": keys.get_key().certificate_sha256,
        "at": "2026-11-24T01:30:00+00:00",
        "timestamp": "",
    }


def test_the_seal_names_its_moment_and_allows_a_later_signature_and_nothing_else(sealed: Sealed) -> None:
    (signature,) = PdfFileReader(io.BytesIO(sealed.content)).embedded_signatures
    assert signature.docmdp_level is not None
    assert signature.docmdp_level.name == "FILL_FORMS"
    assert signature.self_reported_timestamp == AT
    assert signature.sig_object["/Name"] == "Công ty Cổ phần VoltGo"
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_a_trial_key_says_so_in_its_certificate() -> None:
    assert "O=BẢN THỬ / DEV" in keys.get_key().certificate.subject.rfc4514_string()


def test_the_sealed_file_keeps_the_marks_of_an_archive_document(document: bytes, sealed: Sealed) -> None:
    """PDF/A-3, as far as it can be seen without a full checker (ISO 19005-3: 6.1.2, 6.1.3, 6.2.3, 6.3, 6.4)."""
    before, after = (PdfFileReader(io.BytesIO(content)) for content in (document, sealed.content))
    assert sealed.content.startswith(b"%PDF-1.7")
    assert after.trailer["/ID"][0] == before.trailer["/ID"][0]
    assert "/Encrypt" not in after.trailer
    assert after.root["/OutputIntents"][0].get_object()["/S"] == "/GTS_PDFA1"
    assert after.root["/MarkInfo"]["/Marked"]
    assert after.root["/Lang"] == "vi"
    metadata = after.root["/Metadata"].data
    assert metadata == before.root["/Metadata"].data
    assert re.search(rb"pdfaid:part[=>\"]+3", metadata)
    assert re.search(rb"pdfaid:conformance[=>\"]+A", metadata)
    form = after.root["/AcroForm"]
    assert "/NeedAppearances" not in form
    assert "/XFA" not in form
    field = form["/Fields"][0].get_object()
    # Print and Locked, not hidden; a rectangle without area needs no appearance.
    assert field["/F"] == 132
    assert list(field["/Rect"]) == [0, 0, 0, 0]
    assert not {"/A", "/AA"} & set(field)
    assert set(after.root["/Perms"]) == {"/DocMDP"}
    for name in ("/JavaScript", "/OpenAction", "/AA"):
        assert name not in after.root


# --- One byte ------------------------------------------------------------------------------------------


def places(content: bytes) -> dict[str, int]:
    """Return a byte in each part of a sealed file whose change the seal must show."""
    start, end = range_of(content)
    stream = content.index(b"stream\n") + 40
    return {
        "the first page": stream,
        "the list of objects": content.index(b"/Type /XRef") + 40,
        "the seal's reason": content.index(b"/Reason") + 20,
        "the seal's moment": content.index(b"/M (D") + 12,
        "the seal's range": content.index(b"/ByteRange") + 15,
        "the permissions": content.rindex(b"/TransformParams") + 4,
        "the hash in the seal": _hash_in(content, start, end),
        "the signature in the seal": end - 40,
        "the file's last line": len(content) - 3,
    }


def _hash_in(content: bytes, start: int, end: int) -> int:
    digest = hashlib.sha256(content[:start] + content[end:]).hexdigest().upper().encode()
    return content.index(digest, start, end) + 8


@pytest.mark.parametrize(
    "place",
    [
        "the first page",
        "the list of objects",
        "the seal's reason",
        "the seal's moment",
        "the seal's range",
        "the permissions",
        "the hash in the seal",
        "the signature in the seal",
        "the file's last line",
    ],
)
def test_one_changed_byte_breaks_the_seal_for_everybody(sealed: Sealed, tmp_path: Path, place: str) -> None:
    broken = flipped(sealed.content, places(sealed.content)[place])

    assert judge(broken).state != SealState.INTACT
    assert not by_pyhanko(broken)
    assert not by_poppler(broken, tmp_path)


def test_a_changed_certificate_breaks_the_seal_for_us_and_for_pyhanko(sealed: Sealed) -> None:
    """Poppler, told of no authority to trust, does not compare the certificate with the one that was signed."""
    start, _end = range_of(sealed.content)
    broken = flipped(sealed.content, start + 600)

    assert judge(broken).state == SealState.ALTERED
    assert not by_pyhanko(broken)


def test_every_changed_byte_breaks_the_seal_for_us(sealed: Sealed) -> None:
    """Each byte outside of the seal's digits is covered by its hash; of the digits every ninth is tried."""
    start, end = range_of(sealed.content)
    tried = [*range(start, end, 9), *range(0, start, 97), *range(end, len(sealed.content), 7)]

    unnoticed = [spot for spot in tried if judge(flipped(sealed.content, spot)).state == SealState.INTACT]

    assert unnoticed == []


def test_what_is_added_behind_the_seal_breaks_it(sealed: Sealed, tmp_path: Path) -> None:
    broken = sealed.content + b"\n% another word\n"

    assert judge(broken).state == SealState.ALTERED
    assert not by_pyhanko(broken)
    assert not by_poppler(broken, tmp_path)


def test_a_change_written_as_a_new_revision_breaks_it(sealed: Sealed, tmp_path: Path) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed.content))
    writer.root["/Lang"] = writer.root["/Lang"].__class__("en")
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)

    assert judge(out.getvalue()).state == SealState.ALTERED
    assert not by_pyhanko(out.getvalue())
    assert not by_poppler(out.getvalue(), tmp_path)


def test_the_same_seal_in_small_letters_is_not_the_file_that_we_sealed(sealed: Sealed) -> None:
    """Hexadecimal digits mean the same in either case: readers of PDFs do not see this, we do."""
    start, end = range_of(sealed.content)
    lower = sealed.content[:start] + sealed.content[start:end].lower() + sealed.content[end:]

    assert judge(lower).state == SealState.ALTERED
    assert by_pyhanko(lower)


def test_a_process_that_has_judged_can_still_seal(sealed: Sealed, document: bytes, tmp_path: Path) -> None:
    """The first use of the library behind both must not leave it without the names that the other needs."""
    for name, content in (("sealed", sealed.content), ("plain", document)):
        (tmp_path / name).write_bytes(content)
    there = subprocess.run(
        [sys.executable, "-c", JUDGE_THEN_SEAL, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "voltgo.settings", "VOLTGO_VAR_DIR": str(_var())},
    )

    assert there.stdout.split() == ["intact", "intact"], there.stderr


# --- Others' files ---------------------------------------------------------------------------------------


def test_a_file_without_a_seal_has_none(document: bytes) -> None:
    assert judge(document).state == SealState.NONE
    assert judge(b"").state == SealState.NONE


def test_somebody_elses_seal_is_not_ours(document: bytes, tmp_path: Path) -> None:
    folder = ensure(tmp_path / "elsewhere")
    certificate, _root = load_certs_from_pemder([str(folder / CHAIN)])
    signer = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=load_private_key_from_pemder(str(folder / KEY), passphrase=None),
        cert_registry=SimpleCertificateStore(),
    )
    out = signers.sign_pdf(
        IncrementalPdfFileWriter(io.BytesIO(document)),
        signers.PdfSignatureMetadata(field_name="VoltGoSeal", name="VoltGo"),
        signer=signer,
    )

    assert judge(out.getvalue()).state == SealState.NOT_OURS


def test_a_former_certificate_still_counts(
    sealed: Sealed, trial_folder: Path, tmp_path: Path, settings: Any
) -> None:
    settings.VAR_DIR = tmp_path
    assert judge(sealed.content).state == SealState.NOT_OURS

    settings.SEAL_FORMER_CERTIFICATES = str(trial_folder / "seal" / CHAIN)

    assert judge(sealed.content).state == SealState.INTACT


def test_our_certificate_in_a_forged_seal_is_not_enough(sealed: Sealed, document: bytes) -> None:
    """The certificate is public: anybody can put it, with the old signature, onto another document."""
    other = flipped(document, 200)
    forged = other + sealed.content[len(document) :]
    assert len(forged) == len(sealed.content)

    assert judge(forged).state == SealState.ALTERED


@pytest.mark.parametrize(
    "content",
    [
        b"/ByteRange [0 10 20 30]",
        b"/ByteRange [0 999999999 999999999 999999999]",
        b"/ByteRange [0 0 0 0]" * 100_000,
        b"%PDF-1.7\n/ByteRange [0 40 60 10]      <30820000000000ff>" + b"x" * 10,
        b"/ByteRange [0 24 100024 0]<" + b"30" * 50_000,
        b"/ByteRange [0 25 160027 0]<" + b"3080" * 40_000 + b">",
        b"/ByteRange [" * 400_000,
        b"\x00" * 1_000_000,
    ],
    ids=lambda content: repr(content[:24]),
)
def test_hostile_files_are_judged_at_once(content: bytes) -> None:
    began = time.process_time()

    assert judge(content).state == SealState.NONE
    assert time.process_time() - began < 2


def test_a_file_that_is_too_long_is_not_looked_into(sealed: Sealed) -> None:
    assert judge(sealed.content + b" " * MOST_BYTES).state == SealState.NONE
