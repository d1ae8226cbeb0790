"""What judging a hold needs to know, read in one statement.

Each app says in SQL how its own part is read (PAPERS, DEBT, OPENINGS_AS_JSON, POLICY, CLAIMS) and turns the
answer into its own types; this module only puts the parts side by side, so that a hold asks once instead of
nine times. The statement is prepared: it is planned once per connection.
"""

from dataclasses import dataclass

from accounts.kyc.eligibility import PAPERS, Account, Eligibility, Person, assess, person_from
from accounts.models import User
from payments.intents.selectors import DEBT, debt_account
from payments.intents.services import NEXT_DEPOSIT
from rentals.bookings.models import Booking
from rentals.bookings.selectors.licences import demand_of
from rentals.bookings.services.limits import CLAIMS, Claims, claim_values
from rentals.policies.rules import Policy
from rentals.policies.selectors import POLICY, policy_from
from rentals.pricing.models import Quote
from stations.network.hours import Opening
from stations.network.selectors import OPENINGS_AS_JSON, openings_from
from stations.timeline.candidates import NEXT_CLAIM
from stations.timeline.stale import HAS_STALE_HOLDS
from voltgo.core import clock
from voltgo.core.prepared import rows_of
from voltgo.core.rows import next_key

FACTS = f"""
    SELECT (SELECT b.id FROM rentals_booking b WHERE b.idempotency_key = %(key)s),
           EXISTS (SELECT FROM rentals_booking b WHERE b.quote_id = %(quote)s),
           ({PAPERS}), {DEBT}, ({OPENINGS_AS_JSON}), ({POLICY}), ({CLAIMS}), {HAS_STALE_HOLDS},
           {next_key(Booking)}, {NEXT_DEPOSIT}, {NEXT_CLAIM}
"""  # noqa: S608 (parts of ours)


@dataclass(frozen=True, slots=True)
class Facts:
    """What stood in the database when the renter's row was locked."""

    # The booking that this key has made before.
    twin_id: int | None
    is_quote_used: bool
    person: Person
    debt: int
    openings: dict[int, Opening]
    policy: Policy
    claims: Claims
    # Holds of the model at the station that ran out and that nobody has swept.
    has_stale_holds: bool
    # Keys for the rows to be written, so that their events can be written with them.
    booking_id: int
    deposit_id: int
    claim_id: int

    def eligibility(self, quote: Quote) -> Eligibility:
        """Judge the renter for the quote's model and period."""
        return assess(person=self.person, demand=demand_of(quote.model), period=quote.period, debt=self.debt)


def facts_for(*, renter: User, account: Account, quote: Quote, key: str) -> Facts:
    """Read the facts. `account` is the renter's row, fresh and locked before: the claims are counted after it."""
    now = clock.now()
    values = {
        "key": key,
        "quote": quote.pk,
        "debt_account": debt_account(renter),
        "stations": [quote.pickup_station_id, quote.return_station_id],
        "opens_from": quote.starts_at,
        "opens_to": quote.ends_at,
        "today": clock.local(now).date(),
        "station": quote.pickup_station_id,
        "model": quote.model_id,
        **claim_values(renter, now),
    }
    (row,) = rows_of(FACTS, values)
    twin, is_used, papers, debt, openings, policy, claims, is_stale, booking, deposit, claim = row
    return Facts(
        twin_id=twin,
        is_quote_used=is_used,
        person=person_from(papers, account),
        debt=debt,
        openings=openings_from(openings),
        policy=policy_from(policy),
        claims=Claims(*claims),
        has_stale_holds=is_stale,
        booking_id=booking,
        deposit_id=deposit,
        claim_id=claim,
    )
