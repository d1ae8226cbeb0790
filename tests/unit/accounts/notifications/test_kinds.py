import pytest

from accounts.notifications.enums import Channel, MessageKind, Topic
from accounts.notifications.kinds import RULES, always_mailed, is_locked, is_offered, kinds_of
from tests.architecture.source import TEMPLATES

MANDATORY = {
    "driver_answered",
    "deposit_needed", "late_payment_refunded", "money_back", "refund_needs_account", "booking_change_refunded", "contract_signed", "contract_amended", "settlement_ready",
    "fine_received", "fine_decided", "receipt_issued", "cash_receipt",
    "booking_confirmed", "booking_cancelled", "booking_no_show", "booking_changed", "rental_extended",
    "vehicle_reassigned", "vehicle_upgraded", "booking_withdrawn", "return_overdue", "return_escalated",
}  # fmt: skip
BY_SMS = {
    "vehicle_reassigned", "vehicle_upgraded", "booking_withdrawn", "pickup_reminder", "return_reminder",
    "return_overdue", "return_escalated", "waitlist_offer",
}  # fmt: skip


def test_every_kind_has_a_rule() -> None:
    assert set(RULES) == set(MessageKind)


def test_everything_can_be_mailed() -> None:
    assert [kind for kind, rule in RULES.items() if Channel.EMAIL not in rule.channels] == []


def test_money_contracts_and_changes_of_what_was_agreed_are_mandatory() -> None:
    assert {kind.value for kind, rule in RULES.items() if rule.is_mandatory} == MANDATORY


def test_text_messages_are_sent_sparingly() -> None:
    assert {kind.value for kind, rule in RULES.items() if Channel.SMS in rule.channels} == BY_SMS


@pytest.mark.parametrize("kind", [kind for kind, rule in RULES.items() if rule.channels != {Channel.EMAIL}])
def test_a_kind_that_goes_by_sms_or_push_has_a_short_text(kind: MessageKind) -> None:
    assert (TEMPLATES / "texts" / f"{kind}.txt").is_file()


def test_no_short_text_is_left_over() -> None:
    named = {path.stem for path in (TEMPLATES / "texts").iterdir()}

    assert named == {kind.value for kind, rule in RULES.items() if rule.channels != {Channel.EMAIL}}


def test_a_kind_that_lapses_or_may_break_the_night_says_which_moment_it_is_about() -> None:
    assert [
        kind for kind, rule in RULES.items() if (rule.lapses or rule.notice is not None) and not rule.moment
    ] == []


def test_mail_about_bookings_and_money_cannot_be_switched_off() -> None:
    assert {topic for topic in Topic.values if is_locked(topic, Channel.EMAIL)} == {"bookings", "money"}
    assert not any(is_locked(topic, Channel.SMS) for topic in Topic.values)


def test_of_the_reminders_only_lateness_is_always_mailed() -> None:
    assert always_mailed(Topic.REMINDERS) == [MessageKind.RETURN_OVERDUE, MessageKind.RETURN_ESCALATED]
    assert always_mailed(Topic.BOOKINGS) == []


def test_a_topic_offers_the_channels_that_its_kinds_use() -> None:
    assert is_offered(Topic.WAITLIST, Channel.SMS)
    assert not is_offered(Topic.PAPERS, Channel.SMS)
    assert kinds_of(Topic.STAFF) == [
        MessageKind.SUPPLY_CHANGED,
        MessageKind.INCIDENT_OPENED,
        MessageKind.CASH_VARIANCE,
    ]
