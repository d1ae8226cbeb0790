from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from pytest_django import Settings
from time_machine import TimeMachineFixture

from voltgo.core import heartbeat
from voltgo.core.management.commands import doctor
from voltgo.core.management.commands.doctor import Verdict
from voltgo.core.models import OutboxMessage


def _verdicts(question: object) -> dict[str, tuple[Verdict, str]]:
    return {finding.subject: (finding.verdict, finding.words) for finding in question()}  # type: ignore[operator]


def test_a_sound_database_and_its_tables_are_fine() -> None:
    found = _verdicts(doctor.ask_database)

    assert found["database"][0] is Verdict.FINE
    assert "PostgreSQL 18" in found["database"][1]
    assert found["tables"][0] is Verdict.FINE


def test_redis_that_is_away_is_a_fault_without_its_address(settings: Settings) -> None:
    settings.REDIS_URL = "redis://:secret@127.0.0.1:1/0"

    verdict, words = _verdicts(doctor.ask_redis)["redis"]

    assert (verdict, words) == (Verdict.FAULT, "not reachable (ConnectionError)")


def test_files_are_written_read_and_deleted_again(settings: Settings) -> None:
    assert _verdicts(doctor.ask_files)["files"][0] is Verdict.FINE
    assert list((settings.VAR_DIR / "media" / "doctor").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise PermissionError("a secret path")

    monkeypatch.setattr("django.core.files.storage.default_storage.save", refuse)

    finding = next(doctor.ask_files())

    assert finding.verdict is Verdict.FAULT
    assert "secret" not in finding.words


def test_a_document_has_fonts_for_vietnamese() -> None:
    assert _verdicts(doctor.ask_documents)["documents"][0] is Verdict.FINE


def test_a_missing_library_is_named_with_the_package_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise OSError("cannot load library 'libpango-1.0-0': nothing there")

    monkeypatch.setattr("voltgo.core.pdf.render", refuse)

    finding = next(doctor.ask_documents())

    assert finding.verdict is Verdict.FAULT
    assert "libpango-1.0-0" in finding.cure


def test_the_payment_page_that_is_away_is_a_fault(settings: Settings) -> None:
    settings.VNPAY = settings.VNPAY | {
        "PAY_URL": "http://127.0.0.1:1/pay",
        "API_URL": "http://127.0.0.1:1/api",
    }

    found = _verdicts(doctor.ask_payments)

    assert found["payment page"] == (Verdict.FAULT, "127.0.0.1:1 is not reachable (ConnectionRefusedError)")
    assert found["payment queries"][0] is Verdict.FAULT


def test_only_the_providers_that_are_offered_are_asked_for(settings: Settings) -> None:
    settings.PAYMENT_METHODS = ["momo"]
    settings.MOMO = settings.MOMO | {"API_URL": "http://127.0.0.1:1"}

    found = _verdicts(doctor.ask_payments)

    assert found == {"MoMo": (Verdict.FAULT, "127.0.0.1:1 is not reachable (ConnectionRefusedError)")}


def test_jobs_that_were_given_up_are_counted() -> None:
    message = OutboxMessage.objects.create(
        topic="x", available_at="2026-01-01T00:00Z", dead_at="2026-01-02T00:00Z"
    )
    OutboxMessage.objects.create(topic="y", available_at="2026-01-01T00:00Z")

    finding = doctor._outbox()

    assert (finding.verdict, finding.words) == (Verdict.NOTE, "1 given up, 1 waiting")
    message.delete()
    assert doctor._outbox().words == "none given up, 1 waiting"


def test_beat_that_never_ran_that_runs_and_that_stopped(time_machine: TimeMachineFixture) -> None:
    cache.delete(heartbeat.KEY)
    assert doctor._heartbeat().words == "has never run"

    time_machine.move_to("2026-03-01T00:00:00Z", tick=False)
    heartbeat.note()
    assert (doctor._heartbeat().verdict, doctor._heartbeat().words) == (
        Verdict.FINE,
        "last sent a job 0 s ago",
    )

    time_machine.move_to("2026-03-01T00:05:00Z", tick=False)
    assert (doctor._heartbeat().verdict, doctor._heartbeat().words) == (
        Verdict.FAULT,
        "last sent a job 300 s ago",
    )


def test_a_question_that_breaks_does_not_silence_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask_the_oracle() -> object:
        raise RuntimeError("a secret")

    monkeypatch.setattr(doctor, "QUESTIONS", [ask_the_oracle, doctor.ask_redis])
    output = StringIO()

    with pytest.raises(SystemExit) as ending:
        call_command("doctor", stdout=output)

    assert ending.value.code == 1
    assert "the oracle" in output.getvalue()
    assert "secret" not in output.getvalue()
    assert "Redis " in output.getvalue()


def test_a_sound_portal_ends_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "QUESTIONS", [doctor.ask_database, doctor.ask_redis])
    output = StringIO()

    call_command("doctor", stdout=output)

    assert "All that VoltGo needs is there." in output.getvalue()


def test_nothing_secret_is_printed(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("celery.app.control.Control.ping", lambda _self, timeout: [])
    output = StringIO()
    with pytest.raises(SystemExit):
        call_command("doctor", stdout=output)

    said = output.getvalue()
    password = str(settings.DATABASES["default"].get("PASSWORD") or "no password")
    for secret in (settings.SECRET_KEY, settings.VNPAY["HASH_SECRET"], settings.REDIS_URL, password):
        assert secret not in said
