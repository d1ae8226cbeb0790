import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.access.actors import operator_actor
from accounts.access.roles import LEGAL, OPERATOR, sync_groups
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts.models import Contract, ContractTemplate
from rentals.contracts.services import start_wording
from tests.factories.accounts import make_user
from tests.factories.pdfs import attachments_of, fonts_of, text_of
from voltgo.core.audit.models import AuditEvent
from voltgo.core.models import OutboxMessage

OUR_FONTS = {("Be-Vietnam-Pro", True), ("Be-Vietnam-Pro-Semi-Bold", True)}
WORDS = ("heading_vi", "heading_en", "text_vi", "text_en", "block")


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="accounts.users.backends.AuthenticationBackend")
    return client


def member_of(role: str) -> User:
    user = make_user(is_staff=True)
    user.groups.add(sync_groups()[role])
    return user


@pytest.fixture
def writer() -> User:
    return member_of(OPERATOR)


@pytest.fixture
def lawyer() -> User:
    return member_of(LEGAL)


@pytest.fixture
def draft(first: ContractTemplate, writer: User) -> ContractTemplate:
    return start_wording(source=first, code="2027-01", by=operator_actor(writer))


def page(name: str, template: ContractTemplate) -> str:
    return reverse(f"admin:rentals_contracttemplate_{name}", args=[template.pk])


def step(name: str, template: ContractTemplate) -> str:
    return reverse("admin:rentals_contracttemplate_step", args=[template.pk, name])


def form_of(template: ContractTemplate) -> dict[str, Any]:
    """Return what the page of a draft posts when nothing was touched."""
    articles = list(template.articles.order_by("position"))
    posted: dict[str, Any] = {
        "code": template.code,
        "note": template.note,
        "articles-TOTAL_FORMS": len(articles),
        "articles-INITIAL_FORMS": len(articles),
        "_continue": "1",
    }
    for index, article in enumerate(articles):
        posted |= {f"articles-{index}-{name}": getattr(article, name) for name in WORDS}
        posted |= {f"articles-{index}-id": article.pk, f"articles-{index}-template": template.pk}
        posted[f"articles-{index}-place"] = article.position
    return posted


def headings(template: ContractTemplate) -> list[str]:
    return list(template.articles.order_by("position").values_list("heading_vi", flat=True))


def test_a_draft_is_begun_from_a_wording_and_opened(first: ContractTemplate, writer: User) -> None:
    response = browser_of(writer).post(step("draft-from", first), {"code": "2027-02", "note": "Thử"})

    draft = ContractTemplate.objects.get(code="2027-02")
    assert response["Location"] == page("change", draft)
    assert headings(draft) == headings(first)


def test_an_article_is_rewritten_moved_added_and_taken_out_in_one_go(
    draft: ContractTemplate, writer: User
) -> None:
    posted = form_of(draft)
    posted["articles-5-text_vi"] += "\n\nBên B   đội mũ bảo hiểm."
    posted["articles-5-text_en"] += "\n\nParty B wears a helmet."
    posted["articles-6-place"], posted["articles-7-place"] = 8, 7
    posted["articles-9-DELETE"] = "on"
    posted["articles-TOTAL_FORMS"] = 16
    posted |= {
        "articles-15-id": "", "articles-15-template": draft.pk, "articles-15-place": 2, "articles-15-block": "",
        "articles-15-heading_vi": "Mở đầu", "articles-15-heading_en": "Beginning",
        "articles-15-text_vi": "Chào.", "articles-15-text_en": "Hello.",
    }  # fmt: skip

    response = browser_of(writer).post(page("change", draft), posted)

    assert response.status_code == 302
    said = headings(draft)
    assert said[:4] == ["Các bên", "Xe cho thuê", "Mở đầu", "Thời gian và nơi giao, trả xe"]
    assert said.index("Quãng đường") < said.index("Sạc điện")
    assert "Hư hại, tai nạn, mất xe" not in said
    assert list(draft.articles.values_list("position", flat=True)) == list(range(1, 16))
    assert draft.articles.get(heading_en="Duties").text_vi.endswith("\n\nBên B đội mũ bảo hiểm.")
    assert AuditEvent.objects.filter(action="wording.edited", actor_ref=writer.public_id).count() == 1


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("text_vi", "Cọc {deposits}.", "Có phải {deposit}?"),
        ("text_vi", "Cọc {deposit", "ngoặc nhọn"),
        ("text_vi", "Một.\n\nHai.", "Tiếng Việt có 2 đoạn, tiếng Anh có"),
    ],
)
def test_a_fault_is_refused_at_its_field_and_nothing_is_kept(
    draft: ContractTemplate, writer: User, field: str, text: str, words: str
) -> None:
    before = draft.articles.get(position=6)

    response = browser_of(writer).post(page("change", draft), {**form_of(draft), f"articles-5-{field}": text})

    assert response.status_code == 200
    assert words in response.content.decode()
    assert draft.articles.get(position=6).text_vi == before.text_vi
    assert not AuditEvent.objects.filter(action="wording.edited").exists()


def test_saving_without_a_change_makes_nobody_a_writer(draft: ContractTemplate, lawyer: User) -> None:
    browser_of(lawyer).post(page("change", draft), form_of(draft))

    assert not AuditEvent.objects.filter(action="wording.edited").exists()


def test_a_published_wording_cannot_be_posted_to(first: ContractTemplate, writer: User) -> None:
    response = browser_of(writer).post(page("change", first), form_of(first))

    assert response.status_code == 403
    assert "textarea" not in browser_of(writer).get(page("change", first)).content.decode()


def test_publishing_asks_for_a_look_at_the_changes_first(draft: ContractTemplate, lawyer: User) -> None:
    draft.articles.filter(position=15).update(heading_vi="Giải quyết tranh chấp")
    client = browser_of(lawyer)

    shown = client.post(step("publish", draft), {"valid_from": "2026-12-01"}).content.decode()
    draft.refresh_from_db()
    assert draft.state == "draft"
    assert "<ins>Giải" in shown or "<ins>Giải quyết" in shown

    seen = re.search(r'name="step_agreed" value="(\w+)"', shown)
    client.post(step("publish", draft), {"valid_from": "2026-12-01", "step_agreed": seen[1] if seen else ""})
    draft.refresh_from_db()
    assert (draft.state, str(draft.valid_from), draft.published_by) == ("published", "2026-12-01", lawyer)


def test_an_operator_writes_but_does_not_publish(draft: ContractTemplate, writer: User) -> None:
    client = browser_of(writer)

    assert "Ban hành</a>" not in re.sub(r"\s+", "", client.get(page("change", draft)).content.decode())
    assert client.post(step("publish", draft), {"valid_from": "2026-12-01"}).status_code == 403


def test_whoever_may_do_neither_sees_nothing(draft: ContractTemplate) -> None:
    outsider = make_user(is_staff=True)
    outsider.user_permissions.add(Permission.objects.get(codename="view_booking"))
    client = browser_of(outsider)

    for name in ("change", "preview", "pdf", "compare"):
        assert client.get(page(name, draft)).status_code in {302, 403}


@pytest.mark.parametrize("language", ["both", "vi", "en"])
def test_the_preview_shows_the_words_with_values(
    draft: ContractTemplate, writer: User, language: str
) -> None:
    html = browser_of(writer).get(page("preview", draft), {"language": language}).content.decode()

    assert f"wording--{language}" in html
    assert "Nguyễn Thị Mẫu" in html
    assert "5.000.000" in html
    assert "{deposit}" not in html


def test_a_real_booking_is_tried_masked_and_on_record(
    draft: ContractTemplate, writer: User, booking: Booking, renter: User
) -> None:
    client, number = browser_of(writer), renter.documents.get(kind="citizen_card").number
    count = Contract.objects.count()

    html = client.get(page("preview", draft), {"booking": booking.code.lower()}).content.decode()
    pdf = client.get(page("pdf", draft), {"booking": booking.code}).getvalue()

    assert booking.renter.full_name in html
    assert number not in html
    assert number not in text_of(pdf)
    assert Contract.objects.count() == count
    assert AuditEvent.objects.filter(action="wording.previewed", subject=booking.reference).count() == 2
    assert not AuditEvent.objects.filter(action="document.number_read").exists()


def test_legal_staff_try_it_on_the_invented_booking_only(
    draft: ContractTemplate, lawyer: User, booking: Booking
) -> None:
    client = browser_of(lawyer)

    assert client.get(page("preview", draft)).status_code == 200
    assert client.get(page("preview", draft), {"booking": booking.code}).status_code == 403


def test_an_unknown_code_is_said_so(draft: ContractTemplate, writer: User) -> None:
    client = browser_of(writer)

    assert (
        "Không có lượt đặt VG-NIX"
        in client.get(page("preview", draft), {"booking": "vg-nix"}).content.decode()
    )
    assert client.get(page("pdf", draft), {"booking": "vg-nix"}).status_code == 404


def test_the_previewed_document_says_that_it_is_none(draft: ContractTemplate, writer: User) -> None:
    response = browser_of(writer).get(page("pdf", draft))
    content = response.getvalue()

    assert response["Content-Type"] == "application/pdf"
    assert "BẢN XEM THỬ, KHÔNG CÓ GIÁ TRỊ" in text_of(content)
    assert fonts_of(content) == OUR_FONTS
    assert [file.name for file in attachments_of(content)] == ["contract.json"]


def test_the_comparison_marks_words_per_article(draft: ContractTemplate, writer: User) -> None:
    article = draft.articles.get(position=15)
    article.text_vi = article.text_vi.replace("thương lượng", "hòa giải")
    article.save()

    html = browser_of(writer).get(page("compare", draft)).content.decode()

    assert "1 điều khác bản 2026-12" in html
    assert "<del>thương lượng</del>" in html or "<del>thương</del>" in html
    assert "<ins>hòa" in html


def test_what_people_write_stays_text(draft: ContractTemplate, writer: User) -> None:
    draft.articles.filter(position=15).update(heading_vi="<b>Đậm</b>")
    client = browser_of(writer)

    for name in ("preview", "compare"):
        html = client.get(page(name, draft)).content.decode()
        assert "<b>Đậm</b>" not in html
        assert "&lt;b&gt;Đậm&lt;/b&gt;" in html


def test_a_job_that_was_given_up_is_seen_and_run_again(contract: Contract, operator: User) -> None:
    operator.is_superuser = True
    operator.save()
    client, job = browser_of(operator), OutboxMessage.objects.get(topic="contracts.render")
    OutboxMessage.objects.filter(pk=job.pk).update(
        dead_at=job.created_at, attempts=12, last_error="CannotSeal"
    )
    address = reverse("admin:rentals_contract_change", args=[contract.pk])

    html = client.get(address).content.decode()
    assert "đã bỏ cuộc" in html
    assert "CannotSeal" in html
    client.post(reverse("admin:rentals_contract_step", args=[contract.pk, "revive-jobs"]))

    job.refresh_from_db()
    assert (job.dead_at, job.attempts) == (None, 0)
    assert AuditEvent.objects.filter(action="outbox.revived").count() == 1
