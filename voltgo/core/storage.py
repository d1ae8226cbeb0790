"""Where files live: private media on disk or in S3, and hashed static files."""

import secrets
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from storages.backends.s3 import S3Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class PrivateFileStorage(FileSystemStorage):
    """Private files on disk. They have no URL: a view checks permission and streams them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            base_url=None, file_permissions_mode=0o600, directory_permissions_mode=0o700, **options
        )

    def replace(self, name: str, content: bytes) -> None:
        """Put other content in a file's place; whoever reads meanwhile gets the old or the new one whole."""
        path = Path(self.path(name))
        beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
        beside.touch(mode=0o600)
        beside.write_bytes(content)
        beside.replace(path)


class PrivateS3Storage(S3Storage):
    """Private files in S3: no public access, encrypted by the bucket's key, links that last a minute."""

    default_acl = None
    querystring_auth = True
    querystring_expire = 60
    signature_version = "s3v4"
    file_overwrite = False

    def replace(self, name: str, content: bytes) -> None:
        """Put other content in an object's place, which S3 does in one step."""
        self._save(name, ContentFile(content))  # type: ignore[no-untyped-call]


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed static files; import paths inside JavaScript modules are rewritten too."""

    support_js_module_import_aggregation = True
    # A module is named by its content, and that names what it imports: one pass for each link of the longest chain.
    # Modules that import each other in a circle would never have a name.
    max_post_process_passes = 30
