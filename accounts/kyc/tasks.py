"""The jobs of identity papers."""

from celery import shared_task

from accounts.kyc.models import IdentityDocument
from accounts.kyc.services import expire_documents, keep_no_longer
from accounts.kyc.services.approving import DECIDE_TOPIC
from accounts.kyc.services.deciding import decide_papers
from accounts.kyc.services.erasing import FORGET_TOPIC, forget_faces
from accounts.kyc.services.minding import leave_stuck_to_people, remind_of_retakes
from accounts.kyc.services.reading import read_document
from accounts.kyc.services.submission import READ_TOPIC
from accounts.kyc.services.warning import warn_of_expiry
from accounts.users.models import User
from voltgo.core import outbox


@shared_task(name="accounts.expire_documents")
def end_documents() -> int:
    """Expire papers whose last day has passed, warn of those that follow, and let go of what is no longer needed."""
    expired = expire_documents()
    warn_of_expiry()
    keep_no_longer()
    return expired


@outbox.handler(FORGET_TOPIC, queue=outbox.SLOW)
def forget(user_id: int) -> None:
    forget_faces(user_id=user_id)


@outbox.handler(READ_TOPIC, queue=outbox.SLOW)
def read(document_id: int) -> None:
    document = IdentityDocument.objects.select_related("user").filter(pk=document_id).first()
    if document is not None:
        read_document(document)


@outbox.handler(DECIDE_TOPIC)
def decide(user_id: int) -> None:
    decide_papers(User.objects.get(pk=user_id))


@shared_task(name="accounts.mind_papers")
def mind_papers() -> int:
    """Hand over papers that are stuck, and remind of photographs to be taken again."""
    return leave_stuck_to_people() + remind_of_retakes()
