"""What was read from a paper, between memory and the database: encrypted, because it is what stands on it.

The text is a JSON list. Every field that any source shows is one entry with name, value, source, confidence and
side; an entry without a value holds what belongs to one side as a whole, or a comparison of faces.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.extraction.types import (
    FaceMatch,
    FieldName,
    FieldReading,
    Quality,
    Reading,
    SideReading,
    Source,
)
from accounts.kyc.models import DocumentExtraction, IdentityDocument
from voltgo.core import crypto

# The engine of a row that says that nothing could be read.
NO_ENGINE = "none"


def sealed_reading(reading: Reading) -> str:
    """Return what was read as an encrypted text; pictures are left out."""
    entries: list[dict[str, Any]] = [
        {
            "name": str(each.name),
            "value": each.value,
            "source": str(each.source),
            "confidence": round(each.confidence, 3),
            "side": each.side,
        }
        for each in reading.fields
    ]
    entries += [
        {"side": name, "qr_text": side.qr_text, "is_mrz_broken": side.is_mrz_broken}
        for name, side in reading.sides.items()
    ]
    return crypto.encrypt(json.dumps(entries, ensure_ascii=False))


def reading_in(extraction: DocumentExtraction) -> Reading | None:
    """Return what was read, as it was judged; None where no engine could work."""
    if extraction.engine == NO_ENGINE or not extraction.fields_encrypted:
        return None
    entries = _entries(extraction)
    sides = {
        entry["side"]: _side(entry, entries, extraction.quality.get(entry["side"], {}))
        for entry in entries
        if "qr_text" in entry
    }
    return Reading(extraction.engine, sides, extraction.seconds)


def _side(entry: Mapping[str, Any], entries: list[dict[str, Any]], quality: Mapping[str, Any]) -> SideReading:
    name = entry["side"]
    fields = tuple(
        FieldReading(
            FieldName(each["name"]), each["value"], Source(each["source"]), each["confidence"], each["side"]
        )
        for each in entries
        if each.get("value") and each["side"] == name
    )
    return SideReading(
        side=name,
        quality=Quality(**quality),
        fields=fields,
        qr_text=entry["qr_text"],
        is_mrz_broken=entry["is_mrz_broken"],
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a selfie with the portrait on a paper."""

    match: FaceMatch
    portrait_of: int


def sealed_comparison(match: FaceMatch, portrait_of: int) -> str:
    """Return a comparison as an encrypted text: how alike two faces are is about a body."""
    kept = {
        "similarity": round(match.similarity, 4),
        "is_same": match.is_same,
        "is_unsure": match.is_unsure,
        "problem": str(match.problem),
        "known_as": list(match.known_as),
    }
    return crypto.encrypt(json.dumps([{"face": kept, "portrait_of": portrait_of}]))


def comparison_in(extraction: DocumentExtraction) -> Comparison | None:
    """Return the comparison that a row holds, if it holds one."""
    if not extraction.fields_encrypted:
        return None
    for entry in _entries(extraction):
        if "face" in entry:
            kept = entry["face"]
            match = FaceMatch(
                engine=extraction.engine,
                similarity=kept["similarity"],
                is_same=kept["is_same"],
                is_unsure=kept["is_unsure"],
                problem=kept["problem"],
                known_as=tuple(kept["known_as"]),
            )
            return Comparison(match, entry["portrait_of"])
    return None


def reading_row_of(document: IdentityDocument) -> DocumentExtraction | None:
    """Return the row of the last reading of a paper; comparisons of faces are rows of their own."""
    rows = document.extractions.order_by("-pk")
    return next((row for row in rows if comparison_in(row) is None), None)


def last_comparison(selfie: IdentityDocument, identity: IdentityDocument) -> Comparison | None:
    """Return what was found when this selfie was compared with the portrait on this paper."""
    found = (comparison_in(row) for row in selfie.extractions.order_by("-pk"))
    return next((each for each in found if each is not None and each.portrait_of == identity.pk), None)


def _entries(extraction: DocumentExtraction) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(crypto.decrypt(extraction.fields_encrypted))
    return entries
