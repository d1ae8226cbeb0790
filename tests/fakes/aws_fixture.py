"""The stand-in of AWS as a fixture, with every client pointed to it."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fakes.aws_server import ACCESS_KEY, SECRET_KEY, AwsServer
from voltgo.core import breaker, keys


@pytest.fixture
def aws(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsServer]:
    """A stand-in of KMS, Textract and Rekognition; fails a test that sends what no service would take."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
    monkeypatch.delenv("AWS_SESSION_TOKEN", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with AwsServer() as server:
        settings.AWS = {
            "REGION": "ap-southeast-1",
            "ENDPOINTS": dict.fromkeys(("kms", "textract", "rekognition"), server.url),
            "CONNECT_SECONDS": 1,
            "READ_SECONDS": 1,
        }
        keys.forget()
        breaker.forget()
        yield server
    keys.forget()
    breaker.forget()
    assert server.faults == []
