"""KMS as far as VoltGo uses it: envelopes with a context, and RSA signatures."""

import json
import os
from collections.abc import Mapping
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.fakes.aws_refusal import Refusal

ARN = "arn:aws:kms:ap-southeast-1:111122223333:key/"
DATA_KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
FORMER_KEY = "0987dcba-09fe-87dc-65ba-ab0987654321"
SEAL_KEY = "mrk-aaaabbbbccccddddeeeeffff00001111"
ALIASES = {"alias/voltgo-data": DATA_KEY, "alias/voltgo-seal": SEAL_KEY}
ID_LENGTH = 36
LONGEST = 4096
SIGNING = "RSASSA_PKCS1_V1_5_SHA_256"


@cache
def _rsa_key() -> rsa.RSAPrivateKey:
    """Made once for all tests: it takes half a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


class Kms:
    """Two symmetric keys and one for signing; ids, ARNs and aliases all name them."""

    def __init__(self) -> None:
        # Not while a client waits, which gives up after a second.
        _rsa_key()
        self._masters = {DATA_KEY: os.urandom(32), FORMER_KEY: os.urandom(32)}

    def generate_data_key(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        key = self._symmetric(asked["KeyId"])
        plain = os.urandom(32)
        blob = self._seal(key, plain, asked.get("EncryptionContext"))
        return {"KeyId": ARN + key, "Plaintext": plain, "CiphertextBlob": blob}

    def encrypt(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        key = self._symmetric(asked["KeyId"])
        return {
            "KeyId": ARN + key,
            "CiphertextBlob": self._seal(key, asked["Plaintext"], asked.get("EncryptionContext")),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }

    def decrypt(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        blob = asked["CiphertextBlob"]
        key = blob[:ID_LENGTH].decode("latin-1")
        if key not in self._masters:
            raise Refusal("InvalidCiphertextException")
        if "KeyId" in asked and self._symmetric(asked["KeyId"]) != key:
            raise Refusal("IncorrectKeyException")
        nonce, sealed = blob[ID_LENGTH : ID_LENGTH + 12], blob[ID_LENGTH + 12 :]
        try:
            plain = AESGCM(self._masters[key]).decrypt(
                nonce, sealed, _canonical(asked.get("EncryptionContext"))
            )
        except InvalidTag as error:
            raise Refusal("InvalidCiphertextException") from error
        return {"KeyId": ARN + key, "Plaintext": plain, "EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}

    def sign(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        key = self._signing(asked["KeyId"])
        if asked["SigningAlgorithm"] != SIGNING:
            raise Refusal("InvalidKeyUsageException", message="algorithm")
        message, kind = asked["Message"], asked.get("MessageType", "RAW")
        if len(message) > LONGEST or (kind == "DIGEST" and len(message) != 32):
            raise Refusal("ValidationException", message="length of the message")
        algorithm = utils.Prehashed(SHA256()) if kind == "DIGEST" else SHA256()
        signature = _rsa_key().sign(message, padding.PKCS1v15(), algorithm)
        return {"KeyId": ARN + key, "Signature": signature, "SigningAlgorithm": SIGNING}

    def get_public_key(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        key = self._signing(asked["KeyId"])
        der = _rsa_key().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return {
            "KeyId": ARN + key,
            "PublicKey": der,
            "KeySpec": "RSA_3072",
            "KeyUsage": "SIGN_VERIFY",
            "SigningAlgorithms": [SIGNING],
        }

    def _seal(self, key: str, plain: bytes, context: Mapping[str, str] | None) -> bytes:
        if len(plain) > LONGEST:
            raise Refusal("ValidationException", message="length of the plaintext")
        nonce = os.urandom(12)
        return key.encode() + nonce + AESGCM(self._masters[key]).encrypt(nonce, plain, _canonical(context))

    def _symmetric(self, named: str) -> str:
        key = _named(named)
        if key not in self._masters:
            raise Refusal("NotFoundException" if key != SEAL_KEY else "InvalidKeyUsageException")
        return key

    def _signing(self, named: str) -> str:
        key = _named(named)
        if key != SEAL_KEY:
            raise Refusal("InvalidKeyUsageException" if key in self._masters else "NotFoundException")
        return key


def _named(named: str) -> str:
    return ALIASES.get(named, named.removeprefix(ARN))


def _canonical(context: Mapping[str, str] | None) -> bytes:
    return json.dumps(dict(context or {}), sort_keys=True).encode()
