"""A stand-in of Textract, Rekognition and KMS over real HTTP, which is as strict about requests as it can be.

Every request must carry a right SigV4 signature and fit botocore's own description of the operation; every normal
answer is held against that description too. What goes wrong on purpose is scripted call by call.
"""

from __future__ import annotations

import base64
import json
import re
import threading
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.session import get_session
from botocore.validate import ParamValidator

from tests.fakes.aws_kms import Kms
from tests.fakes.aws_refusal import Refusal
from tests.fakes.aws_rekognition import Rekognition
from tests.fakes.aws_textract import Textract

ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>\w+)/(?P<day>\d{8})/(?P<region>[\w-]+)/(?P<service>\w+)/aws4_request, "
    r"SignedHeaders=(?P<headers>[\w;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)
SERVICES = {"Textract": "textract", "RekognitionService": "rekognition", "TrentService": "kms"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that came in."""

    operation: str
    parameters: Mapping[str, Any]
    at: float


Behaviour = Callable[["_Handler"], bool]


def refusing(code: str, status: int = 400) -> Behaviour:
    """Answer with an error of the service."""

    def behave(handler: _Handler) -> bool:
        handler.say(status, json.dumps({"__type": code, "message": "scripted"}).encode())
        return True

    return behave


def throttling() -> Behaviour:
    return refusing("ThrottlingException")


def failing(status: int = 500) -> Behaviour:
    return refusing("InternalServerError", status)


def denying() -> Behaviour:
    return refusing("AccessDeniedException")


def no_face() -> Behaviour:
    return refusing("InvalidParameterException")


def slow(seconds: float) -> Behaviour:
    """Keep the caller waiting; go on as usual after that."""

    def behave(handler: _Handler) -> bool:
        handler.server.stopping.wait(seconds)
        return False

    return behave


def cut() -> Behaviour:
    """Break the connection in the middle of an answer."""

    def behave(handler: _Handler) -> bool:
        handler.wfile.write(
            b'HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: 5000\r\n\r\n{"Blo'
        )
        handler.wfile.flush()
        handler.close_connection = True
        handler.connection.close()
        return True

    return behave


def saying(body: bytes, status: int = 200) -> Behaviour:
    """Answer with these bytes, whatever they are."""

    def behave(handler: _Handler) -> bool:
        handler.say(status, body)
        return True

    return behave


def malformed() -> Behaviour:
    return saying(b'{"Blocks": [{"Text": "07909')


def missing() -> Behaviour:
    """Answer with valid JSON in which everything is left out."""
    return saying(b"{}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    aws: AwsServer
    stopping: threading.Event

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that lose patience hang up; that is what some of the tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        try:
            service, operation = self._target()
            self._check_signature(service, body)
            parameters = _parameters(service, operation, body)
        except Refusal as refusal:
            self.server.aws.faults.append(f"{refusal.code}: {refusal.message}")
            self.say(refusal.status, _error(refusal))
            return
        self.server.aws.asked.append(Asked(f"{service}.{operation}", parameters, time.monotonic()))
        behaviour = self.server.aws.next_behaviour(f"{service}.{operation}")
        if behaviour is not None and behaviour(self):
            return
        try:
            answer = self.server.aws.answer(service, operation, parameters)
        except Refusal as refusal:
            self.say(refusal.status, _error(refusal))
            return
        try:
            body = _encoded(service, operation, answer)
        except (AssertionError, ValueError) as fault:
            self.server.aws.faults.append(f"our answer to {operation}: {fault}")
            raise
        self.say(200, body)

    def say(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(body)

    def _target(self) -> tuple[str, str]:
        prefix, _dot, operation = self.headers.get("X-Amz-Target", "").partition(".")
        if prefix not in SERVICES:
            raise Refusal("UnknownOperationException", message=f"target {prefix}")
        if self.headers.get("Content-Type") != "application/x-amz-json-1.1":
            raise Refusal("SerializationException", message="content type")
        return SERVICES[prefix], operation

    def _check_signature(self, service: str, body: bytes) -> None:
        said = AUTHORIZATION.fullmatch(self.headers.get("Authorization", ""))
        if said is None:
            raise Refusal("IncompleteSignatureException", message="no signature")
        stamp = self.headers.get("X-Amz-Date", "")
        if said["key"] != ACCESS_KEY or said["service"] != service or not stamp.startswith(said["day"]):
            raise Refusal("UnrecognizedClientException", message="credential")
        names = said["headers"].split(";")
        if not {"host", "x-amz-date", "x-amz-target"} <= set(names):
            raise Refusal("InvalidSignatureException", message="headers that are not signed")
        auth = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), service, said["region"])
        request = AWSRequest(
            "POST",
            f"http://{self.headers['Host']}{self.path}",
            headers={name: self.headers[name] for name in names},
            data=body,
        )
        request.context["timestamp"] = stamp
        expected = auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)
        if expected != said["signature"]:
            raise Refusal("InvalidSignatureException", 403, "signature")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class calls it so)
        """Stay silent."""


class AwsServer:
    """The stand-in. Use it as a context manager; `url` is where clients are pointed to."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        # Requests that no real service would have taken: a test of ours has a fault.
        self.faults: list[str] = []
        self.kms, self.textract, self.rekognition = Kms(), Textract(), Rekognition()
        self._scripts: dict[str, deque[Behaviour]] = defaultdict(deque)
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.aws, self._server.stopping = self, threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def script(self, operation: str, *behaviours: Behaviour) -> None:
        """Let the next calls of "service.Operation" go wrong in this way, one behaviour a call."""
        self._scripts[operation].extend(behaviours)

    def calls(self, operation: str = "") -> list[Asked]:
        return [asked for asked in self.asked if asked.operation.startswith(operation)]

    def next_behaviour(self, operation: str) -> Behaviour | None:
        waiting = self._scripts[operation]
        return waiting.popleft() if waiting else None

    def answer(self, service: str, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        speaker = {"kms": self.kms, "textract": self.textract, "rekognition": self.rekognition}[service]
        method = getattr(speaker, re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower(), None)
        if method is None:
            raise Refusal("UnknownOperationException", message=operation)
        answer: Mapping[str, Any] = method(parameters)
        return answer


@cache
def _operation(service: str, name: str) -> Any:
    model = get_session().get_service_model(service)
    if name not in model.operation_names:
        raise Refusal("UnknownOperationException", message=name)
    return model.operation_model(name)


def _parameters(service: str, operation: str, body: bytes) -> dict[str, Any]:
    shape = _operation(service, operation).input_shape
    try:
        parameters = _with_blobs(shape, json.loads(body), base64.b64decode)
    except ValueError as error:
        raise Refusal("SerializationException", message=str(error)) from error
    report = ParamValidator().validate(parameters, shape)
    if report.has_errors():
        raise Refusal("ValidationException", message=report.generate_report())
    return dict(parameters)


def _encoded(service: str, operation: str, answer: Mapping[str, Any]) -> bytes:
    shape = _operation(service, operation).output_shape
    report = ParamValidator().validate(answer, shape)
    # What the description says of lengths is meant for requests: services do answer with empty lists.
    wrong = [error for error in report._errors if error[0] != "invalid length"]
    assert not wrong, report.generate_report()
    return json.dumps(_with_blobs(shape, answer, lambda content: base64.b64encode(content).decode())).encode()


def _with_blobs(shape: Any, value: Any, change: Callable[[Any], Any]) -> Any:
    """Turn every blob into base64 or back; refuse members that the operation does not know."""
    if shape.type_name == "structure":
        unknown = set(value) - set(shape.members)
        if unknown:
            raise ValueError(f"unknown members {sorted(unknown)}")
        return {name: _with_blobs(shape.members[name], part, change) for name, part in value.items()}
    if shape.type_name == "list":
        return [_with_blobs(shape.member, part, change) for part in value]
    return change(value) if shape.type_name == "blob" else value


def _error(refusal: Refusal) -> bytes:
    return json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
