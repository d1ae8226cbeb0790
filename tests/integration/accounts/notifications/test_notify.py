import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.template import TemplateDoesNotExist
from django.template.loader import get_template
from django.test import Client

from accounts.access.actors import operator_actor
from accounts.notifications.enums import MessageKind
from accounts.notifications.models import Delivery
from accounts.notifications.services import Attachment, notify, send, send_again
from accounts.users.models import User
from tests.factories.accounts import make_user
from voltgo.core import outbox
from voltgo.core.models import OutboxMessage

CONTEXT = {"kind_label": "giấy tờ <b>", "path": "/account/identity/citizen_card/"}


def tell(user: User, key: str = "document_expired:1", **options: object) -> Delivery:
    return notify(user=user, kind="document_expired", key=key, context=CONTEXT, **options)  # type: ignore[arg-type]


def test_a_message_is_written_now_and_sent_by_a_job(newcomer: User) -> None:
    delivery = tell(newcomer, reference="document:1")

    assert mail.outbox == []
    assert not delivery.sent_at
    assert (delivery.kind, delivery.reference, delivery.language) == ("document_expired", "document:1", "vi")
    outbox.run_all()
    delivery.refresh_from_db()
    assert delivery.sent_at
    (message,) = mail.outbox
    assert message.subject == "Giấy tờ đã hết hạn: giấy tờ <b>"
    assert message.to[0].endswith("<an@example.vn>")
    assert message.extra_headers["Message-ID"] == f"<delivery-{delivery.pk}@127.0.0.1>"


def test_plain_text_is_not_escaped_and_html_is(newcomer: User) -> None:
    delivery = tell(newcomer)

    assert "Giấy tờ <b> của bạn" in delivery.body
    assert "Giấy tờ &lt;b&gt; của bạn" in delivery.body_html
    assert "<title>Giấy tờ đã hết hạn: giấy tờ &lt;b&gt;</title>" in delivery.body_html
    assert "http://127.0.0.1:8000/account/identity/citizen_card/" in delivery.body


def test_the_same_news_is_never_told_twice(newcomer: User) -> None:
    first, second = tell(newcomer), tell(newcomer)
    outbox.run_all()
    send(delivery_id=first.pk)

    assert first == second
    assert Delivery.objects.count() == 1
    assert OutboxMessage.objects.filter(topic="notifications.send").count() == 1
    assert len(mail.outbox) == 1


def test_a_message_speaks_the_language_of_its_reader() -> None:
    delivery = tell(make_user(language="en"))

    assert delivery.language == "en"
    assert '<html lang="en">' in delivery.body_html


def test_an_attachment_is_read_when_the_message_leaves(newcomer: User) -> None:
    path = default_storage.save("contracts/ab/cd.pdf", ContentFile(b"%PDF-1.7 one"))
    tell(newcomer, attachments=[Attachment(path, "hop-dong-VG-7K2M4Q.pdf"), path])
    outbox.run_all()

    (message,) = mail.outbox
    assert [(each[0], each[2]) for each in message.attachments] == [
        ("hop-dong-VG-7K2M4Q.pdf", "application/pdf"),
        (path.split("/")[-1], "application/pdf"),
    ]


def test_a_missing_attachment_keeps_the_message_for_another_try(newcomer: User) -> None:
    delivery = tell(newcomer, attachments=["contracts/not/yet.pdf"])

    assert outbox.run_all() == 0
    delivery.refresh_from_db()
    assert delivery.sent_at is None
    assert mail.outbox == []
    assert OutboxMessage.objects.get().last_error == "FileNotFoundError"


def test_a_rolled_back_change_tells_nobody(newcomer: User) -> None:
    with transaction.atomic():
        tell(newcomer)
        transaction.set_rollback(True)

    assert not Delivery.objects.exists()
    assert not OutboxMessage.objects.exists()


def test_an_unknown_kind_is_a_mistake_of_ours(newcomer: User) -> None:
    with pytest.raises(ValueError, match="gossip"):
        notify(user=newcomer, kind="gossip", key="gossip:1")


@pytest.mark.parametrize("kind", MessageKind.values)
@pytest.mark.parametrize("part", ["subject.txt", "body.txt", "body.html"])
def test_every_kind_has_its_texts(kind: str, part: str) -> None:
    try:
        get_template(f"emails/{kind}/{part}")
    except TemplateDoesNotExist:
        pytest.fail(f"templates/emails/{kind}/{part} is missing")


def test_an_operator_sends_the_same_words_again(newcomer: User, operator: User) -> None:
    delivery = tell(newcomer)
    outbox.run_all()

    copy = send_again(delivery=delivery, by=operator_actor(operator))
    outbox.run_all()

    assert (copy.subject, copy.body) == (delivery.subject, delivery.body)
    assert len(mail.outbox) == 2


def test_people_read_their_own_messages_again(client: Client, newcomer: User, stranger: User) -> None:
    tell(newcomer)
    tell(stranger, "document_expired:2", attachments=[Attachment("x/y.pdf", "secret-of-another.pdf")])
    client.force_login(newcomer)

    page = client.get("/account/notifications/").content.decode()

    assert page.count("Giấy tờ đã hết hạn") == 1
    assert "secret-of-another" not in page
    assert "đang gửi" in page


def test_who_was_told_nothing_is_told_so(client: Client, newcomer: User) -> None:
    client.force_login(newcomer)

    assert "Chưa có tin nào" in client.get("/account/notifications/").content.decode()
