import html
import json
import re
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.access.actors import operator_actor
from accounts.kyc.enums import DocumentKind
from accounts.users.models import User
from rentals.bookings.models import Booking
from rentals.contracts import documents
from rentals.contracts.content import content_of, content_sha256, says_the_same
from rentals.contracts.errors import (
    CodeTaken,
    DayNotAhead,
    DayTaken,
    MakerIsChecker,
    WordingDamaged,
    WordingFrozen,
    WordingIncomplete,
    WordingNeeded,
)
from rentals.contracts.models import Contract, ContractArticle, ContractTemplate
from rentals.contracts.services import (
    arrange_articles,
    publish_wording,
    refresh_contract,
    render_contract,
    retire_wording,
    start_wording,
)
from rentals.contracts.services.wording import wording_today
from rentals.contracts.texts import template_for
from rentals.contracts.texts.choosing import articles_of
from rentals.contracts.texts.first import first_articles
from rentals.contracts.texts.words import sha256_of
from tests.factories.accounts import make_document, make_user
from tests.factories.pdfs import attachments_of, text_of, without_spaces
from voltgo.core.actors import SYSTEM, Actor
from voltgo.core.errors import IllegalTransition

TODAY = date(2026, 11, 24)


@pytest.fixture
def writer(operator: User) -> Actor:
    return operator_actor(operator)


@pytest.fixture
def reader() -> Actor:
    return operator_actor(make_user(is_staff=True))


@pytest.fixture
def draft(first: ContractTemplate, writer: Actor) -> ContractTemplate:
    return start_wording(source=first, code="2027-01", note="Luật mới", by=writer)


def reworded(template: ContractTemplate, words: str) -> None:
    article = template.articles.get(position=15)
    article.text_vi = article.text_vi.replace("Hai bên thương lượng trước.", words)
    article.save()


# --- The first one ------------------------------------------------------------------------------------


def test_the_present_words_are_the_first_wording(first: ContractTemplate) -> None:
    assert first.state == "published"
    assert first.sha256 == sha256_of(first_articles()) == sha256_of(articles_of(first))
    assert template_for(TODAY) == first


def test_it_says_what_the_old_templates_said(contract: Contract) -> None:
    """Word by word, besides the place for signatures: people may sign on their own phone now."""
    new = documents.page_of(contract, documents.context_of(contract, []))
    old_data = {**contract.data, "text_version": "2026-11"}
    del old_data["layout"]
    old_contract = Contract(
        number=contract.number, version=contract.version, data=old_data, created_at=contract.created_at
    )
    old = documents.page_of(old_contract, documents.context_of(old_contract, []))

    assert _words(new) == _words(old)


def _words(page: str) -> str:
    body = page[page.index("BÊN A – BÊN") : page.index("ĐẠI DIỆN BÊN A")]
    return without_spaces(html.unescape(re.sub(r"<[^>]*>", " ", body)))


def test_a_new_contract_freezes_code_hash_and_layout(contract: Contract, first: ContractTemplate) -> None:
    assert contract.data["text_version"] == "2026-12"
    assert contract.data["text_sha256"] == first.sha256
    assert contract.data["layout"] == 1


def test_where_the_table_was_emptied_our_own_wording_is_installed_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE rentals_contracttemplate CASCADE")

    assert wording_today()["text_sha256"] == sha256_of(first_articles())
    assert wording_today()["text_version"] == "2026-12"
    assert ContractTemplate.objects.count() == 1


# --- Writing and publishing ---------------------------------------------------------------------------


def test_a_draft_begins_with_the_words_of_another(draft: ContractTemplate, first: ContractTemplate) -> None:
    assert draft.state == "draft"
    assert articles_of(draft) == articles_of(first)
    assert template_for(TODAY) == first


def test_a_code_is_given_once(first: ContractTemplate, writer: Actor) -> None:
    with pytest.raises(CodeTaken):
        start_wording(source=first, code="2026-12", by=writer)
    assert ContractTemplate.objects.count() == 1


def test_a_published_wording_applies_from_its_day(
    draft: ContractTemplate, first: ContractTemplate, reader: Actor
) -> None:
    published = publish_wording(template=draft, valid_from=date(2026, 12, 1), by=reader)

    assert (published.state, published.sha256) == ("published", sha256_of(articles_of(draft)))
    assert published.published_by.public_id == reader.ref
    assert template_for(date(2026, 11, 30)) == first
    assert template_for(date(2026, 12, 1)) == published


def test_nobody_publishes_what_they_wrote(draft: ContractTemplate, writer: Actor, reader: Actor) -> None:
    with pytest.raises(MakerIsChecker):
        publish_wording(template=draft, valid_from=TODAY, by=writer)
    # Whoever has touched a single word is a writer too.
    arrange_articles(template=draft, order=[], by=reader)
    with pytest.raises(MakerIsChecker):
        publish_wording(template=draft, valid_from=TODAY, by=reader)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_the_past_is_not_reworded(draft: ContractTemplate, reader: Actor) -> None:
    with pytest.raises(DayNotAhead):
        publish_wording(template=draft, valid_from=date(2026, 11, 23), by=reader)


def test_two_wordings_do_not_begin_on_one_day(
    draft: ContractTemplate, first: ContractTemplate, writer: Actor, reader: Actor
) -> None:
    other = start_wording(source=first, code="2027-01b", by=writer)
    publish_wording(template=draft, valid_from=TODAY, by=reader)

    with pytest.raises(DayTaken):
        publish_wording(template=other, valid_from=TODAY, by=reader)
    other.refresh_from_db()
    assert (other.state, other.sha256) == ("draft", "")


def test_an_incomplete_wording_is_not_published(draft: ContractTemplate, reader: Actor) -> None:
    draft.articles.filter(block="price").update(block="")

    with pytest.raises(WordingIncomplete) as refusal:
        publish_wording(template=draft, valid_from=TODAY, by=reader)
    assert "Thiếu bảng giá" in str(refusal.value)


def test_a_wording_is_published_once(draft: ContractTemplate, reader: Actor) -> None:
    publish_wording(template=draft, valid_from=TODAY, by=reader)

    with pytest.raises(WordingFrozen):
        publish_wording(template=draft, valid_from=date(2026, 12, 24), by=reader)
    with pytest.raises(WordingFrozen):
        arrange_articles(template=draft, order=[], by=reader)


def test_articles_take_the_places_that_were_asked_for(draft: ContractTemplate, writer: Actor) -> None:
    ids = list(draft.articles.values_list("pk", flat=True))
    arrange_articles(template=draft, order=[ids[0], ids[2], ids[1]], by=writer)

    assert list(draft.articles.values_list("pk", flat=True)) == [ids[0], ids[2], ids[1], *ids[3:]]
    assert list(draft.articles.values_list("position", flat=True)) == list(range(1, 16))


# --- What is frozen -----------------------------------------------------------------------------------


@pytest.mark.parametrize("values", [{"text_vi": "Khác"}, {"position": 99}, {"block": ""}])
def test_the_database_refuses_to_change_a_published_article(
    first: ContractTemplate, values: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        first.articles.filter(position=1).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        first.articles.filter(position=1).delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        ContractArticle.objects.create(template=first, position=99, heading_vi="a", heading_en="b")


@pytest.mark.parametrize(
    "values", [{"state": "draft"}, {"code": "x"}, {"valid_from": TODAY}, {"sha256": "0"}]
)
def test_the_database_refuses_to_change_a_published_wording(
    first: ContractTemplate, values: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        ContractTemplate.objects.filter(pk=first.pk).update(**values)
    with pytest.raises(IntegrityError), transaction.atomic():
        ContractTemplate.objects.filter(pk=first.pk).delete()


def test_a_contract_is_not_printed_with_other_words(contract: Contract) -> None:
    contract.data["text_sha256"] = "0" * 64

    with pytest.raises(WordingDamaged):
        documents.compose(contract)


# --- Newer and retired wordings -----------------------------------------------------------------------


def test_what_is_drawn_up_keeps_its_words_when_newer_ones_come(
    booking: Booking, contract: Contract, draft: ContractTemplate, reader: Actor, by: Actor
) -> None:
    before = render_contract(contract=contract).sha256
    reworded(draft, "Hai bên nói chuyện trước.")
    publish_wording(template=draft, valid_from=TODAY, by=reader)

    assert refresh_contract(booking=booking, by=by) == contract
    contract.refresh_from_db()
    assert documents.compose(contract).sha256 == before
    assert wording_today()["text_version"] == "2027-01"


def test_an_unsigned_contract_in_a_retired_wording_is_drawn_up_anew(
    booking: Booking,
    contract: Contract,
    draft: ContractTemplate,
    first: ContractTemplate,
    reader: Actor,
    by: Actor,
) -> None:
    reworded(draft, "Hai bên nói chuyện trước.")
    publish_wording(template=draft, valid_from=TODAY, by=reader)
    retire_wording(template=first, reason="Trái luật mới", by=reader)

    renewed = refresh_contract(booking=booking, by=by)

    assert (renewed.version, renewed.data["text_version"]) == (2, "2027-01")
    assert "Hai bên nói chuyện trước." in " ".join(text_of(documents.compose(renewed).content).split())
    assert refresh_contract(booking=booking, by=by) == renewed


def test_a_signed_contract_outlives_its_wording(
    signed: Contract, draft: ContractTemplate, first: ContractTemplate, reader: Actor, by: Actor
) -> None:
    publish_wording(template=draft, valid_from=TODAY, by=reader)
    retire_wording(template=first, reason="Thay bằng bản mới", by=reader)

    assert refresh_contract(booking=signed.booking, by=by) == signed
    assert documents.compose(signed).sha256 == signed.sha256


def test_the_only_wording_in_force_stays(
    first: ContractTemplate, draft: ContractTemplate, reader: Actor
) -> None:
    with pytest.raises(WordingNeeded):
        retire_wording(template=first, reason="Nhầm", by=reader)
    publish_wording(template=draft, valid_from=date(2026, 12, 1), by=reader)
    with pytest.raises(WordingNeeded):
        retire_wording(template=first, reason="Nhầm", by=reader)


def test_a_draft_cannot_be_retired(draft: ContractTemplate, reader: Actor) -> None:
    with pytest.raises(IllegalTransition):
        retire_wording(template=draft, reason="Bỏ", by=reader)


# --- What the document carries, and other papers ------------------------------------------------------


def test_the_document_carries_its_values_without_the_number(contract: Contract, renter: User) -> None:
    content = documents.compose(contract).content
    number = renter.documents.get(kind="citizen_card").number

    (carried,) = attachments_of(content)
    whole = json.loads(carried.content)
    assert carried.name == "contract.json"
    assert whole == {"number": contract.number, "version": 1, "data": contract.data}
    assert carried.sha256 == content_sha256(contract)
    assert number not in carried.content.decode()
    assert number in text_of(content)


def test_a_passport_and_a_foreign_licence_with_its_permit_are_named(
    contract: Contract, booking: Booking, renter: User
) -> None:
    renter.documents.all().update(state="superseded")
    make_document(user=renter, kind=DocumentKind.PASSPORT, number="C01X00T47", country="DEU")
    make_document(
        user=renter,
        kind=DocumentKind.FOREIGN_LICENCE,
        country="DEU",
        licence_classes=["B"],
        number="B072RRE2I55",
    )
    make_document(user=renter, kind=DocumentKind.DRIVING_PERMIT, licence_classes=["B"], number="9955123")
    renewed = refresh_contract(booking=booking, by=SYSTEM)

    text = " ".join(text_of(documents.compose(renewed).content).split())

    assert renewed.version == 2
    for words in ("Số hộ chiếu", "C01X00T47 (DEU)", "Giấy phép nước ngoài", "Giấy phép quốc tế", "(DEU)"):
        assert words in text


def test_a_foreign_licence_without_its_permit_is_no_licence(renter: User, booking: Booking) -> None:
    renter.documents.filter(kind="driving_licence").update(state="superseded")
    make_document(user=renter, kind=DocumentKind.FOREIGN_LICENCE, country="DEU", licence_classes=["B"])

    assert content_of(booking, number="x")["renter"]["licence"] is None


def test_contracts_from_before_say_the_same(contract: Contract) -> None:
    before = {
        key: value for key, value in contract.data.items() if key not in {"drivers", "layout", "text_sha256"}
    }
    before["text_version"] = "2026-11"
    renter = before["renter"] = dict(before["renter"])
    for name in ("identity", "licence"):
        renter[name] = {key: value for key, value in renter[name].items() if key != "kind"}

    assert says_the_same(before, content_of(contract.booking, number="another"))
