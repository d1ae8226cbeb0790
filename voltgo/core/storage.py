"""Where files live: private media on disk or in S3, and hashed static files."""

from typing import Any

from django.core.files.storage import FileSystemStorage
from storages.backends.s3 import S3Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage


class PrivateFileStorage(FileSystemStorage):
    """Private files on disk. They have no URL: a view checks permission and streams them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            base_url=None, file_permissions_mode=0o600, directory_permissions_mode=0o700, **options
        )


class PrivateS3Storage(S3Storage):
    """Private files in S3: no public access, encrypted by the bucket's key, links that last a minute."""

    default_acl = None
    querystring_auth = True
    querystring_expire = 60
    signature_version = "s3v4"
    file_overwrite = False


class StaticStorage(CompressedManifestStaticFilesStorage):
    """Hashed and compressed static files; import paths inside JavaScript modules are rewritten too."""

    support_js_module_import_aggregation = True
