import hashlib
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import translation

from rentals.contracts import documents
from rentals.contracts.models import ContractSignature
from tests.factories.old_contracts import old_contract, old_signatures

# Taken when the wordings became rows, after comparing whole PDFs from before and after, byte for byte. The page,
# its style sheet, its number and its date are all that goes into a document: none of them may change any more.
UNSIGNED = "755e9ff895e0d622a50472d9d76849e49d4d54dba75e3a120c3ed8bb31793fc9"
SIGNED = "6de2d5e188a1b9d6f0240803d9afa94dc72523fe0e459cf46247ce819c7d341d"
STYLE = "55516d2a2e82ab254173eba41e3748b46301cbb4dfad7255201ec5f5d7a7fb7c"


@pytest.mark.parametrize(
    ("signatures", "sha256"), [([], UNSIGNED), (old_signatures(), SIGNED)], ids=["unsigned", "signed"]
)
def test_a_contract_in_the_first_wording_is_printed_as_on_its_first_day(
    signatures: list[ContractSignature], sha256: str
) -> None:
    with translation.override("vi"):
        context = documents.context_of(old_contract(), signatures)
        html = render_to_string(documents.TEMPLATES["2026-11"], context)

    assert hashlib.sha256(html.encode()).hexdigest() == sha256


def test_its_style_sheet_is_as_frozen_as_its_words() -> None:
    style = Path(str(finders.find("css/pdf-contract-2026-11.css"))).read_bytes()

    assert hashlib.sha256(style).hexdigest() == STYLE
