import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from rentals.contracts.errors import DayTaken
from rentals.contracts.models import ContractTemplate
from rentals.contracts.services import publish_wording
from rentals.contracts.services.wording import _create, install_first
from rentals.contracts.texts.choosing import articles_of
from rentals.contracts.texts.first import first_articles
from rentals.contracts.texts.words import sha256_of
from voltgo.core import clock
from voltgo.core.actors import SYSTEM


@pytest.fixture
def drafts() -> list[ContractTemplate]:
    ContractTemplate.objects.filter(code="2026-12").exists() or install_first()
    return [_create(code=code, note="", articles=first_articles(), by=SYSTEM) for code in ("a", "b")]


def together(*jobs):
    """Run jobs at once, each with a connection of its own; return what each returned or raised."""
    gate = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)

    def run(index, job):
        try:
            gate.wait()
            results[index] = job()
        except Exception as error:  # noqa: BLE001 (what a rival got is looked at)
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index, job)) for index, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_two_wordings_for_one_day_one_is_published(drafts):
    day = clock.today() + timedelta(days=1)
    results = together(
        *(lambda row=row: publish_wording(template=row, valid_from=day, by=SYSTEM) for row in drafts)
    )

    assert sorted(type(result).__name__ for result in results) == ["ContractTemplate", "DayTaken"]
    assert any(isinstance(result, DayTaken) for result in results)
    assert ContractTemplate.objects.filter(valid_from=day, state="published").count() == 1


def test_an_editor_at_the_same_moment_is_in_the_hash_or_is_refused(drafts):
    row, article = drafts[0], drafts[0].articles.get(position=15)

    def edit():
        with transaction.atomic():
            row.articles.filter(pk=article.pk).update(
                text_vi=article.text_vi + " Thêm.", text_en=article.text_en
            )

    def publish():
        return publish_wording(template=row, valid_from=clock.today() + timedelta(days=1), by=SYSTEM)

    edited, _published = together(edit, publish)

    row.refresh_from_db()
    assert row.sha256 == sha256_of(articles_of(row))
    assert edited is None or isinstance(edited, IntegrityError)


def test_a_publisher_waits_for_an_edit_under_way(drafts):
    row, article = drafts[0], drafts[0].articles.get(position=15)
    has_written, may_commit = threading.Event(), threading.Event()

    def edit():
        with transaction.atomic():
            row.articles.filter(pk=article.pk).update(text_vi=article.text_vi + " Thêm.")
            has_written.set()
            may_commit.wait(5)

    def publish():
        has_written.wait(5)
        threading.Timer(0.3, may_commit.set).start()
        return publish_wording(template=row, valid_from=clock.today() + timedelta(days=1), by=SYSTEM)

    assert together(edit, publish)[0] is None
    row.refresh_from_db()
    assert row.articles.get(position=15).text_vi.endswith(" Thêm.")
    assert row.sha256 == sha256_of(articles_of(row))


def test_two_processes_install_one_first_wording():
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE rentals_contracttemplate CASCADE")

    results = together(install_first, install_first)

    assert {result.code for result in results} == {"2026-12"}
    assert ContractTemplate.objects.count() == 1
