"""Textract's DetectDocumentText: it answers with the lines that a test has written down for it."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.aws_refusal import Refusal

MAX_BYTES = 10 * 1024 * 1024
MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"%PDF-", b"II*\x00", b"MM\x00*")


class Textract:
    """`lines` holds (text, confidence in percent) and is read from every picture, or from one by its bytes."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, float]] = []
        self.lines_of: dict[bytes, list[tuple[str, float]]] = {}

    def detect_document_text(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        content = asked["Document"].get("Bytes")
        if not content:
            raise Refusal("InvalidParameterException")
        if len(content) > MAX_BYTES:
            raise Refusal("DocumentTooLargeException")
        if not content.startswith(MAGIC):
            raise Refusal("UnsupportedDocumentException")
        lines = self.lines_of.get(content, self.lines)
        blocks: list[dict[str, Any]] = [{"BlockType": "PAGE", "Id": "page", "Geometry": _place(0)}]
        for row, (text, confidence) in enumerate(lines):
            words = [f"{row}-{number}" for number in range(len(text.split()))]
            blocks.append(
                {
                    "BlockType": "LINE",
                    "Id": f"line-{row}",
                    "Text": text,
                    "Confidence": confidence,
                    "Geometry": _place(row),
                    "Relationships": [{"Type": "CHILD", "Ids": words}],
                }
            )
            blocks += [
                {
                    "BlockType": "WORD",
                    "Id": name,
                    "Text": word,
                    "Confidence": confidence,
                    "TextType": "PRINTED",
                    "Geometry": _place(row),
                }
                for name, word in zip(words, text.split(), strict=True)
            ]
        return {
            "DocumentMetadata": {"Pages": 1},
            "Blocks": blocks,
            "DetectDocumentTextModelVersion": "1.0",
        }


def _place(row: int) -> dict[str, Any]:
    return {"BoundingBox": {"Left": 0.1, "Top": min(0.05 * row, 0.95), "Width": 0.8, "Height": 0.04}}
