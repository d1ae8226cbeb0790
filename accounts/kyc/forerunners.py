"""What the versions of a paper before this one leave to a person, however good the new photographs are."""

from accounts.kyc.decision import GRAVE
from accounts.kyc.enums import DocumentState, Finding, RejectionCode
from accounts.kyc.models import IdentityDocument

# What a person has to look at, and what sending the paper again must not take out of their sight.
LASTING = GRAVE | {Finding.SPOT_CHECK}
# What a person has called deceit.
FALSE_CODES = frozenset(
    {RejectionCode.SUSPECTED_FORGERY, RejectionCode.FACE_MISMATCH, RejectionCode.DUPLICATE}
)


def carried_over(document: IdentityDocument) -> frozenset[Finding]:
    """Return the findings that a new version of a paper inherits.

    Goes back to the last version that was approved. A person who asks for a better photograph has settled
    nothing; whoever approves, has.
    """
    former = IdentityDocument.objects.filter(user=document.user_id, kind=document.kind, pk__lt=document.pk)
    found: set[Finding] = set()
    for each in former.order_by("-pk"):
        if each.state == DocumentState.REVOKED or each.rejection_code in FALSE_CODES:
            found.add(Finding.REFUSED_BEFORE)
            break
        if each.reviewed_at is not None and not each.rejection_code:
            break
        found |= {Finding(code) for code in each.findings} & LASTING
    return frozenset(found)
