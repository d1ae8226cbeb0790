"""`manage.py doctor`: what is configured, what is reachable, what is missing, and the cure of each."""

import re
import shutil
import socket
import uuid
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from celery import current_app
from django.conf import settings
from django.core.checks import ERROR, WARNING, run_checks
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.mail import get_connection
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import translation

from voltgo.core import clock, health, heartbeat, pdf, tessdata
from voltgo.core.models import OutboxMessage

OLDEST_POSTGRES = 15
OLDEST_HEARTBEAT = timedelta(seconds=90)
# A letter with two accents: the first to turn into a box where a font is missing.
VIETNAMESE_SAMPLE = "Hợp đồng thuê xe: Nguyễn Thị Thảo, Đà Nẵng"

# What is asked for of each method of payment that is offered: the subject, and the part of its settings.
PAYMENT_ADDRESSES = {
    "vnpay": {"payment page": "PAY_URL", "payment queries": "API_URL"},
    "momo": {"MoMo": "API_URL"},
    "payos": {"payOS": "API_URL"},
    "stripe": {"Stripe": "API_URL", "Stripe page": "PAGE_URL"},
}


class Verdict(Enum):
    """How one finding weighs."""

    FINE = "ok"
    NOTE = "note"
    FAULT = "FAULT"


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    verdict: Verdict
    subject: str
    words: str
    cure: str = ""


def fine(subject: str, words: str) -> Finding:
    return Finding(Verdict.FINE, subject, words)


def note(subject: str, words: str, cure: str = "") -> Finding:
    return Finding(Verdict.NOTE, subject, words, cure)


def fault(subject: str, words: str, cure: str) -> Finding:
    return Finding(Verdict.FAULT, subject, words, cure)


class Command(BaseCommand):
    """Asks every part in turn; nothing that it prints is secret."""

    help = "Says what is configured, what is reachable and what is missing; exits with 1 at a fault."
    # It must speak even where the checks or the tables are at fault.
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def handle(self, *args: Any, **options: Any) -> None:
        faults = 0
        for ask in QUESTIONS:
            for finding in _ask(ask):
                faults += finding.verdict is Verdict.FAULT
                self._show(finding)
        if faults:
            self.stdout.write(self.style.ERROR(f"\n{faults} of these keep VoltGo from working."))
            raise SystemExit(1)
        self.stdout.write(self.style.SUCCESS("\nAll that VoltGo needs is there."))

    def _show(self, finding: Finding) -> None:
        style = {
            Verdict.FINE: self.style.SUCCESS,
            Verdict.NOTE: self.style.WARNING,
            Verdict.FAULT: self.style.ERROR,
        }[finding.verdict]
        self.stdout.write(f"{style(f'{finding.verdict.value:<6}')} {finding.subject:<16} {finding.words}")
        if finding.cure:
            self.stdout.write(f"{'':24}-> {finding.cure}")


def _ask(question: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    """Pass findings on; a question that breaks is a finding itself, told without its text."""
    try:
        yield from question()
    except Exception as error:  # noqa: BLE001 (the doctor must reach the last question)
        name = question.__name__.removeprefix("ask_").replace("_", " ")
        yield fault(
            name,
            f"could not be asked: {type(error).__name__}",
            "See the log, or repair the faults above first.",
        )


def ask_mode() -> Iterator[Finding]:
    yield fine("mode", f"{settings.VOLTGO_ENV}, at {settings.SITE_URL}")
    for message in run_checks(include_deployment_checks=settings.IS_PRODUCTION):
        if message.level >= ERROR:
            yield fault(
                "check", f"{message.id}: {message.msg}", str(message.hint or "See the check's documentation.")
            )
        elif message.level >= WARNING:
            yield note("check", f"{message.id}: {message.msg}", str(message.hint or ""))


def ask_database() -> Iterator[Finding]:
    cure = "Start bin/up and leave it running, or set DATABASE_URL."
    try:
        version = health.database()
    except Exception as error:  # noqa: BLE001 (whatever it was, the database is not there)
        yield fault("database", f"not reachable ({type(error).__name__})", cure)
        return
    if int(version.split(".")[0]) < OLDEST_POSTGRES:
        yield fault(
            "database", f"PostgreSQL {version} is too old", f"Use PostgreSQL {OLDEST_POSTGRES} or newer."
        )
    else:
        yield fine("database", f"PostgreSQL {version}, database {connection.settings_dict['NAME']}")
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        first = f"{missing[0][0].app_label}.{missing[0][0].name}"
        yield fault(
            "tables", f"{len(missing)} migrations are not applied, first {first}", "manage.py migrate"
        )
    else:
        yield fine("tables", f"{len(executor.loader.applied_migrations)} migrations, all applied")


def ask_history() -> Iterator[Finding]:
    """Say whether the application's own role could switch off what keeps history as it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user, rolsuper FROM pg_roles WHERE rolname = current_user")
        role, is_superuser = cursor.fetchone()
        cursor.execute(
            "SELECT count(DISTINCT c.oid) FILTER (WHERE pg_has_role(c.relowner, 'USAGE')),"
            " count(DISTINCT c.oid) FILTER (WHERE has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')),"
            " count(DISTINCT c.oid)"
            " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND t.tgname LIKE '%%\\_append\\_only'"
        )
        owned, changeable, guarded = cursor.fetchone()
    if not (is_superuser or owned or changeable):
        yield fine("history", f"role {role} may add to {guarded} tables of history and change none")
        return
    words = f"role {role} could switch off what guards {guarded} tables of history"
    cure = "Let another role own and migrate the tables: manage.py restrict_ledger --role <the application's>"
    yield (fault if settings.IS_PRODUCTION and is_superuser else note)("history", words, cure)


def ask_redis() -> Iterator[Finding]:
    try:
        version = health.cache()
    except Exception as error:  # noqa: BLE001 (whatever it was, Redis is not there)
        yield fault(
            "redis",
            f"not reachable ({type(error).__name__})",
            "Start bin/up and leave it running, or set REDIS_URL.",
        )
        return
    yield fine("redis", f"Redis {version}")


def ask_jobs() -> Iterator[Finding]:
    if settings.CELERY_TASK_ALWAYS_EAGER:
        yield note("worker", "jobs run inside the request", "Unset CELERY_TASK_ALWAYS_EAGER.")
        return
    answers = current_app.control.ping(timeout=2)
    if answers:
        yield fine(
            "worker",
            f"{len(answers)} answering: {', '.join(sorted(name for one in answers for name in one))}",
        )
    else:
        yield fault("worker", "no worker answers", "bin/up starts one; elsewhere: celery -A voltgo worker")
    yield _heartbeat()
    yield _outbox()


def _heartbeat() -> Finding:
    age = heartbeat.age()
    cure = "bin/up starts it; elsewhere: celery -A voltgo beat (exactly one)"
    if age is None:
        return fault("beat", "has never run", cure)
    seconds = round(age.total_seconds())
    if age > OLDEST_HEARTBEAT:
        return fault("beat", f"last sent a job {seconds} s ago", cure)
    return fine("beat", f"last sent a job {seconds} s ago")


def _outbox() -> Finding:
    dead = OutboxMessage.objects.exclude(dead_at=None).count()
    waiting = OutboxMessage.objects.filter(done_at=None, dead_at=None).count()
    if dead:
        return note(
            "jobs",
            f"{dead} given up, {waiting} waiting",
            "Look at the waiting jobs in the admin and revive them.",
        )
    return fine("jobs", f"none given up, {waiting} waiting")


def ask_files() -> Iterator[Finding]:
    where = f"S3 bucket {settings.MEDIA_BUCKET}" if settings.MEDIA_BUCKET else str(settings.VAR_DIR / "media")
    content = uuid.uuid4().bytes
    try:
        name = default_storage.save(f"doctor/{uuid.uuid4().hex}", ContentFile(content))
        with default_storage.open(name) as file:
            same = file.read() == content
        default_storage.delete(name)
    except Exception as error:  # noqa: BLE001 (each storage raises its own)
        yield fault(
            "files",
            f"{where} cannot be written ({type(error).__name__})",
            "Check its permissions, or MEDIA_BUCKET.",
        )
        return
    if same:
        yield fine("files", f"written, read and deleted in {where}")
    else:
        yield fault("files", f"{where} gave back something else than was stored", "Check MEDIA_BUCKET.")


def ask_mail() -> Iterator[Finding]:
    backend = settings.EMAIL_BACKEND.rsplit(".", 2)[-2]
    if backend != "smtp":
        folder = f" in {settings.EMAIL_FILE_PATH}" if backend == "filebased" else ""
        yield note(
            "mail",
            f"stays here: {backend}{folder}",
            "Set EMAIL_BACKEND and EMAIL_HOST." if settings.IS_PRODUCTION else "",
        )
        return
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    try:
        mail = get_connection()
        mail.open()
        mail.close()
    except OSError as error:
        yield fault(
            "mail", f"{server} does not take us ({type(error).__name__})", "Check EMAIL_HOST and its account."
        )
        return
    yield fine("mail", f"{server} takes our sign-in")


def ask_payments() -> Iterator[Finding]:
    for method, places in PAYMENT_ADDRESSES.items():
        if method in settings.PAYMENT_METHODS:
            for subject, part in places.items():
                yield _reach(subject, method.upper(), part)


def _reach(subject: str, group: str, part: str) -> Finding:
    parts = urlsplit(getattr(settings, group)[part])
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = f"{parts.hostname}:{port}"
    try:
        socket.create_connection((str(parts.hostname), port), timeout=3).close()
    except OSError as error:
        words = f"{address} is not reachable ({type(error).__name__})"
        return fault(subject, words, f"Start bin/up, or set {group}_{part}.")
    return fine(subject, f"{address} answers")


def ask_documents() -> Iterator[Finding]:
    html = f"<html lang=vi><title>doctor</title><p>{VIETNAMESE_SAMPLE}</p></html>"
    try:
        document = pdf.render(html, identifier="doctor", created_at=clock.now())
    except OSError as error:
        missing = str(error).split(":")[0]
        yield fault(
            "documents",
            f"WeasyPrint lacks {missing}",
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
        )
        return
    if not _embeds_a_font(document.content):
        yield fault(
            "documents", "a PDF holds no font for Vietnamese letters", "apt-get install fonts-dejavu-core"
        )
        return
    yield fine("documents", f"a Vietnamese PDF with embedded fonts, {len(document.content)} bytes")


def _embeds_a_font(content: bytes) -> bool:
    """Look into the compressed parts of a PDF, where its font descriptors stand."""
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            unpacked = zlib.decompress(packed)
        except zlib.error:
            continue
        if b"/FontFile" in unpacked:
            return True
    return b"/FontFile" in content


def ask_translations() -> Iterator[Finding]:
    for language, _name in settings.LANGUAGES:
        if language == settings.LANGUAGE_CODE:
            continue
        catalogue = Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.mo"
        if not catalogue.exists():
            yield fault("translations", f"{language} is not compiled", "python -m voltgo.local.translations")
            continue
        with translation.override(language):
            translated = translation.gettext("Không tìm thấy.")
        if translated == "Không tìm thấy.":
            yield note(
                "translations",
                f"{language} is compiled but incomplete",
                "Complete locale/ and compile again.",
            )
        else:
            yield fine("translations", f"{language} is compiled")


def ask_optional_programs() -> Iterator[Finding]:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium:
        yield fine("browser tests", chromium)
    else:
        yield note("browser tests", "no Chromium", "Only bin/test needs it: apt-get install chromium")
    free = (
        shutil.disk_usage(settings.VAR_DIR if settings.VAR_DIR.exists() else settings.BASE_DIR).free / 2**30
    )
    if free < 1:
        yield note("disk", f"{free:.1f} GB free", "Make room: photos and documents grow.")
    else:
        yield fine("disk", f"{free:.0f} GB free")


def ask_reading_of_papers() -> Iterator[Finding]:
    if settings.KYC_READER == "none":
        yield note("reading papers", "switched off: people type what stands on papers", "Set KYC_READER.")
        return
    libraries, languages = tessdata.missing_libraries(), tessdata.missing_languages()
    if libraries:
        yield note(
            "reading papers", f"no {', '.join(libraries)}: people do it", "pip install -r requirements.txt."
        )
    if languages:
        yield note(
            "reading papers",
            "Tesseract does not know the letters: people type what stands on papers",
            f"apt-get install {' '.join(languages)}",
        )
    if not libraries and not languages:
        yield fine("reading papers", f"{settings.KYC_READER}, letters in {tessdata.folder_of('vie')}")


QUESTIONS: list[Callable[[], Iterator[Finding]]] = [
    ask_mode,
    ask_database,
    ask_history,
    ask_redis,
    ask_jobs,
    ask_files,
    ask_mail,
    ask_payments,
    ask_documents,
    ask_translations,
    ask_reading_of_papers,
    ask_optional_programs,
]
