"""Rules of verification: a new row from a day on; what has begun is never rewritten."""

from datetime import date

from django.db import IntegrityError, transaction

from accounts.kyc.errors import VerificationPolicyBackdated, VerificationPolicyExists
from accounts.kyc.models import VerificationPolicy
from voltgo.core import clock
from voltgo.core.actors import Actor
from voltgo.core.audit import services as audit


def check_start(valid_from: date) -> None:
    """Refuse rules for days that are over. From today on is allowed: deceit is not put off until tomorrow.

    Raises:
        VerificationPolicyBackdated: it would begin before today.
    """
    if valid_from < clock.today():
        raise VerificationPolicyBackdated


@transaction.atomic
def lay_down(*, policy: VerificationPolicy, by: Actor) -> VerificationPolicy:
    """Put new rules in force from their day on; those before them hold until then.

    Raises:
        VerificationPolicyBackdated: they would begin before today.
        VerificationPolicyExists: there are rules for that day already.
    """
    check_start(policy.valid_from)
    try:
        with transaction.atomic():
            policy.save(force_insert=True)
    except IntegrityError as clash:
        raise VerificationPolicyExists from clash
    audit.record(
        "verification_policy.laid_down",
        f"accounts.verificationpolicy:{policy.pk}",
        by=by,
        reason=policy.note,
        valid_from=policy.valid_from.isoformat(),
        is_automatic=policy.is_automatic,
        second_look=list(policy.second_look),
        spot_check_percent=policy.spot_check_percent,
    )
    return policy
