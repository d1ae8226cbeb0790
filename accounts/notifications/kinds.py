"""How each kind of message goes out: its topic, its channels, how it treats quiet hours and what it opens.

Data only. A kind is either in this table or cannot be sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from accounts.notifications.enums import Channel, MessageKind, Topic

EMAIL = frozenset({Channel.EMAIL})
EMAIL_PUSH = EMAIL | {Channel.PUSH}
# A text message costs money and attention: only for what cannot wait until somebody looks into a mailbox.
EVERYTHING = EMAIL_PUSH | {Channel.SMS}

BOOKING = ("rentals:booking-detail", "code")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One kind's way to people.

    `link` is the name of a URL and the context's names of its arguments; with an empty name, the one argument
    is the path itself. `moment` names the time in the context that the message is about. SMS and push wait for
    the end of quiet hours unless the kind is urgent, or waiting would leave less than `notice` before the
    moment. A kind that `lapses` is not sent any more once the moment has come; one that `outdates` takes the place
    of what quiet hours still hold back about the same thing. A mandatory kind is mailed
    whatever the person has chosen: it tells of money, contracts, safety, or a change of what was agreed.
    """

    topic: Topic
    link: tuple[str, ...] = BOOKING
    channels: frozenset[Channel] = EMAIL_PUSH
    is_mandatory: bool = False
    is_urgent: bool = False
    moment: str = ""
    notice: timedelta | None = None
    lapses: bool = False
    outdates: bool = False


RULES: Mapping[MessageKind, Rule] = {
    # Papers.
    MessageKind.DOCUMENT_APPROVED: Rule(topic=Topic.PAPERS, link=("accounts:identity",)),
    MessageKind.DOCUMENT_REJECTED: Rule(topic=Topic.PAPERS, link=("", "path")),
    MessageKind.DOCUMENT_EXPIRED: Rule(topic=Topic.PAPERS, link=("", "path")),
    MessageKind.DOCUMENT_EXPIRING: Rule(topic=Topic.PAPERS, link=("", "path")),
    # Money and contracts.
    MessageKind.DEPOSIT_NEEDED: Rule(topic=Topic.MONEY, is_mandatory=True, link=("", "pay_path")),
    MessageKind.LATE_PAYMENT_REFUNDED: Rule(topic=Topic.MONEY, is_mandatory=True),
    MessageKind.BOOKING_CHANGE_REFUNDED: Rule(topic=Topic.MONEY, is_mandatory=True),
    MessageKind.MONEY_BACK: Rule(
        topic=Topic.MONEY, is_mandatory=True, channels=EMAIL, link=("", "path")
    ),
    MessageKind.REFUND_NEEDS_ACCOUNT: Rule(
        topic=Topic.MONEY, is_mandatory=True, channels=EMAIL, link=("", "path")
    ),
    MessageKind.CONTRACT_SIGNED: Rule(
        topic=Topic.MONEY, is_mandatory=True, channels=EMAIL, link=("rentals:contract-detail", "number")
    ),
    MessageKind.CONTRACT_AMENDED: Rule(
        topic=Topic.MONEY, is_mandatory=True, channels=EMAIL, link=("rentals:contract-detail", "contract_number")
    ),
    MessageKind.SETTLEMENT_READY: Rule(topic=Topic.MONEY, is_mandatory=True, link=("", "booking_path")),
    MessageKind.RECEIPT_ISSUED: Rule(
        topic=Topic.MONEY, is_mandatory=True, channels=EMAIL, link=("", "booking_path")
    ),
    # Asked for at the counter, with the slip's PDF.
    MessageKind.CASH_RECEIPT: Rule(topic=Topic.MONEY, is_mandatory=True, channels=EMAIL, link=("", "path")),
    MessageKind.FINE_RECEIVED: Rule(topic=Topic.MONEY, is_mandatory=True, link=("", "fine_path")),
    MessageKind.FINE_DECIDED: Rule(topic=Topic.MONEY, is_mandatory=True, link=("", "fine_path")),
    # The booking and what becomes of it.
    MessageKind.BOOKING_CONFIRMED: Rule(topic=Topic.BOOKINGS, is_mandatory=True),
    MessageKind.BOOKING_CANCELLED: Rule(topic=Topic.BOOKINGS, is_mandatory=True, outdates=True),
    MessageKind.BOOKING_NO_SHOW: Rule(topic=Topic.BOOKINGS, is_mandatory=True, outdates=True),
    MessageKind.BOOKING_CHANGED: Rule(topic=Topic.BOOKINGS, is_mandatory=True, outdates=True),
    MessageKind.RENTAL_EXTENDED: Rule(topic=Topic.BOOKINGS, is_mandatory=True, outdates=True),
    # Another vehicle of the same worth changes no plan: an hour before is early enough.
    MessageKind.VEHICLE_REASSIGNED: Rule(
        topic=Topic.BOOKINGS, is_mandatory=True, channels=EVERYTHING, outdates=True,
        moment="starts_at", notice=timedelta(hours=1),
    ),
    MessageKind.VEHICLE_UPGRADED: Rule(
        topic=Topic.BOOKINGS, is_mandatory=True, channels=EVERYTHING, outdates=True,
        moment="starts_at", notice=timedelta(hours=1),
    ),
    # Whoever loses the vehicle needs time to find another way.
    MessageKind.BOOKING_WITHDRAWN: Rule(
        topic=Topic.BOOKINGS, is_mandatory=True, channels=EVERYTHING, outdates=True,
        moment="starts_at", notice=timedelta(hours=6),
    ),
    # Pickup and return.
    MessageKind.PICKUP_REMINDER: Rule(
        topic=Topic.REMINDERS, channels=EVERYTHING, moment="starts_at", lapses=True
    ),
    # Whoever is to return a vehicle in a moment is awake, and a fee follows.
    MessageKind.RETURN_REMINDER: Rule(
        topic=Topic.REMINDERS, channels=EVERYTHING, moment="due_at", notice=timedelta(0), lapses=True
    ),
    MessageKind.RETURN_DUE: Rule(topic=Topic.REMINDERS, is_urgent=True),
    MessageKind.RETURN_OVERDUE: Rule(
        topic=Topic.REMINDERS, is_mandatory=True, is_urgent=True, channels=EVERYTHING
    ),
    MessageKind.RETURN_ESCALATED: Rule(
        topic=Topic.REMINDERS, is_mandatory=True, is_urgent=True, channels=EVERYTHING
    ),
    MessageKind.DRIVER_ANSWERED: Rule(topic=Topic.BOOKINGS, is_mandatory=True),
    # The waitlist: an offer is a hold of some minutes.
    MessageKind.WAITLIST_OFFER: Rule(
        topic=Topic.WAITLIST, is_urgent=True, channels=EVERYTHING, moment="offered_until", lapses=True
    ),
    MessageKind.WAITLIST_LAPSED: Rule(topic=Topic.WAITLIST, link=("home",)),
    # Staff.
    MessageKind.SUPPLY_CHANGED: Rule(topic=Topic.STAFF, link=("station:board",)),
    MessageKind.INCIDENT_OPENED: Rule(
        topic=Topic.STAFF, link=("station:incident-detail", "incident"), is_urgent=True
    ),
    MessageKind.CASH_VARIANCE: Rule(
        topic=Topic.STAFF, link=("station:cash-session", "session"), channels=EMAIL
    ),
}  # fmt: skip


def kinds_of(topic: str) -> list[MessageKind]:
    """Return the kinds of a topic, in the table's order."""
    return [kind for kind, rule in RULES.items() if rule.topic == topic]


def is_offered(topic: str, channel: str) -> bool:
    """Tell whether anything of a topic can go by a channel."""
    return any(channel in RULES[kind].channels for kind in kinds_of(topic))


def is_locked(topic: str, channel: str) -> bool:
    """Tell whether everything of a topic is mailed whatever the person chooses."""
    return channel == Channel.EMAIL and all(RULES[kind].is_mandatory for kind in kinds_of(topic))


def always_mailed(topic: str) -> list[MessageKind]:
    """Return the mandatory kinds of a topic whose others may be switched off."""
    kinds = kinds_of(topic)
    mandatory = [kind for kind in kinds if RULES[kind].is_mandatory]
    return mandatory if len(mandatory) < len(kinds) else []
