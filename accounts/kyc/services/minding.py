"""What somebody must look after when nobody acts: papers stuck on their way, retakes that were not made."""

from datetime import timedelta

from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from accounts.kyc.enums import DOCUMENT, DocumentState
from accounts.kyc.models import DocumentExtraction, IdentityDocument
from accounts.kyc.readings import NO_ENGINE, reading_row_of
from accounts.kyc.services.deciding import decide_papers
from accounts.kyc.services.review import tell_rejected
from accounts.kyc.services.submission import READ_TOPIC
from accounts.notifications.enums import MessageKind
from accounts.notifications.models import Delivery
from voltgo.core import clock, states
from voltgo.core.actors import SYSTEM
from voltgo.core.errors import IllegalTransition
from voltgo.core.models import OutboxMessage

# Whoever is still at it within this time sees on the page what to photograph again.
RETAKE_PATIENCE = timedelta(minutes=20)
# Nobody is reminded of last week's photographs when mail has been away for a while.
RETAKE_WINDOW = timedelta(days=2)
STUCK_AFTER = timedelta(hours=1)
BATCH = 200


def remind_of_retakes() -> int:
    """Tell people who left in the middle what to photograph again; once each version. Returns how many.

    Whoever sent anything within twenty minutes is still at it. A photograph that was taken again has replaced
    the version, so nothing is said of it.
    """
    now = clock.now()
    told = Delivery.objects.filter(
        key=Concat(Value(f"{MessageKind.DOCUMENT_REJECTED}:"), Cast(OuterRef("pk"), CharField()))
    )
    busy = IdentityDocument.objects.filter(user=OuterRef("user"), uploaded_at__gt=now - RETAKE_PATIENCE)
    left = IdentityDocument.objects.filter(
        ~Exists(told),
        ~Exists(busy),
        state=DocumentState.REJECTED,
        is_automatic=True,
        reviewed_at__lte=now - RETAKE_PATIENCE,
        reviewed_at__gt=now - RETAKE_WINDOW,
    )
    documents = left.select_related("user").order_by("pk")[:BATCH]
    for document in documents:
        tell_rejected(document, document.user)
    return len(documents)


def leave_stuck_to_people() -> int:
    """Hand papers to a person that no worker could bring to an end; return how many.

    The outbox gives a job up after twelve attempts, for instance when a picture takes its worker with it each
    time. A paper never stays lost between two states.
    """
    given_up = OutboxMessage.objects.filter(
        key=Concat(Value(f"{READ_TOPIC}:"), Cast(OuterRef("pk"), CharField())), dead_at__isnull=False
    )
    stuck = IdentityDocument.objects.filter(
        Exists(given_up) | Q(uploaded_at__lt=clock.now() - STUCK_AFTER),
        state__in=(DocumentState.UPLOADED, DocumentState.PROCESSING),
    )
    return sum(_leave_to_person(document) for document in stuck.select_related("user").order_by("pk")[:BATCH])


def _leave_to_person(document: IdentityDocument) -> bool:
    try:
        if document.state == DocumentState.UPLOADED:
            states.move(DOCUMENT, document, to=DocumentState.PROCESSING, by=SYSTEM)
    except IllegalTransition:
        # Replaced since it was listed.
        return False
    if reading_row_of(document) is None:
        DocumentExtraction.objects.create(document=document, engine=NO_ENGINE, seconds=0)
    decide_papers(document.user)
    return True
