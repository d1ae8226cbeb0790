"""What the machine may approve by itself, and what two people have to agree on; dated, set by operators."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from accounts.kyc.decision import GRAVE
from accounts.kyc.models import VerificationPolicy
from voltgo.core import clock


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules of one day."""

    is_automatic: bool = True
    second_look: frozenset[str] = GRAVE
    spot_check_percent: int = 0

    def needs_second_look(self, findings: Iterable[str], overridden: Iterable[str] = ()) -> bool:
        """Tell whether two people have to agree.

        `findings` is what the cross-check had to say, `overridden` what the reviewer accepts nevertheless;
        both are codes of `Finding`.
        """
        return not self.second_look.isdisjoint({*findings, *overridden})


def policy_on(day: date) -> Policy:
    """Return the rules in force on a day: the youngest row that has begun, or the defaults."""
    row = VerificationPolicy.objects.filter(valid_from__lte=day).order_by("-valid_from").first()
    if row is None:
        return Policy()
    return Policy(
        is_automatic=row.is_automatic,
        second_look=frozenset(row.second_look),
        spot_check_percent=row.spot_check_percent,
    )


def policy_today() -> Policy:
    """Return today's rules."""
    return policy_on(clock.today())


def needs_second_look(findings: Iterable[str], overridden: Iterable[str] = ()) -> bool:
    """Tell whether two people have to agree, by today's rules; see `Policy.needs_second_look`."""
    return policy_today().needs_second_look(findings, overridden)
