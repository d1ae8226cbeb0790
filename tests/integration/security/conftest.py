import hashlib

import pytest

from voltgo.core import pdf


@pytest.fixture
def quick_paper(monkeypatch):
    """Spare the table the half second that each rendering takes."""
    document = pdf.Document(b"%PDF-1.7", hashlib.sha256(b"%PDF-1.7").hexdigest())
    monkeypatch.setattr(pdf, "render", lambda *_args, **_kwargs: document)
