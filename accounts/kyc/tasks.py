"""The jobs of identity papers."""

from celery import shared_task

from accounts.kyc.services import erase_old_images, expire_documents


@shared_task(name="accounts.expire_documents")
def end_documents() -> int:
    """Expire papers whose last day has passed, and erase images that are no longer needed."""
    erase_old_images()
    return expire_documents()
