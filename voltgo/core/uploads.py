"""Refusing a request that is larger than anything we ask for, before its files fill a disk."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler


class BoundedUpload(FileUploadHandler):
    """Stands before the handlers that keep files. Django bounds fields and the number of files, not their size.

    The length that the client declares is a bound: no more than it is read, and without it nothing is.
    """

    def handle_raw_input(
        self,
        input_data: Any,
        META: Mapping[str, Any],  # noqa: N803 (the base class calls it so)
        content_length: int,
        boundary: Any,
        encoding: str | None = None,
    ) -> None:
        if content_length > settings.UPLOAD_MAX_BYTES:
            raise RequestDataTooBig("a request larger than UPLOAD_MAX_BYTES")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Hand every piece on."""
        return raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[Any] | None":
        """Leave the file to the next handler."""
        return None
