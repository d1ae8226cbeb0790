"""Papers at the counter: who may see, photograph, compare and decide."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from accounts.access.actors import renter_actor
from accounts.kyc import consent
from accounts.kyc.enums import ConsentPurpose, DocumentKind, DocumentState, Finding
from accounts.kyc.image_links import image_url
from accounts.kyc.models import Consent, DocumentReview, IdentityDocument
from accounts.kyc.services import take
from rentals.handovers import services
from rentals.handovers.errors import FaceNotCompared
from rentals.handovers.models import Rental
from tests.factories.accounts import make_document, make_user, photo_upload
from tests.factories.stations import make_post
from voltgo.core.models import AuditEvent

SELFIE, CARD = DocumentKind.SELFIE, DocumentKind.CITIZEN_CARD


def url(name, *args):
    return reverse(f"station:{name}", args=args)


def text_of(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def waiting(user, kind=CARD, **fields):
    return make_document(user=user, kind=kind, state=DocumentState.NEEDS_REVIEW, with_images=True, **fields)


def reading(**changes):
    return {
        "decision": "approve",
        "number": "079 195 990 005",
        "full_name": "NGUYỄN MINH ANH",
        "born_on": "14/03/1995",
        "issued_on": "01062022",
        "expires_on": "",
        "override_reason": "",
    } | changes


def agree(user):
    consent.give(
        user=user,
        purposes=[ConsentPurpose.IDENTITY],
        versions=consent.VERSIONS,
        language="vi",
        by=renter_actor(user),
    )


@pytest.fixture
def supervisor(station):
    user = make_user(email="boss@example.vn", full_name="Phan Đức Long")
    make_post(user=user, station=station, role="supervisor")
    return user


@pytest.fixture
def boss(supervisor):
    client = Client()
    client.force_login(supervisor)
    return client


@pytest.fixture
def chief(supervisor, boss):
    """The same, with the reviewers' right."""
    supervisor.user_permissions.add(Permission.objects.get(codename="review_identitydocument"))
    return boss


class TestWhoMayCome:
    def test_only_people_with_business_here_today(self, tablet, booking, renter, stranger):
        assert tablet.get(url("renter-papers", renter.public_id)).status_code == 200
        assert tablet.get(url("renter-papers", stranger.public_id)).status_code == 404
        assert tablet.get(url("renter-papers", "U-NOBODY")).status_code == 404

    def test_not_at_another_station(self, other_tablet, booking, renter):
        for name in ("renter-papers", "renter-status", "renter-consent"):
            assert other_tablet.get(url(name, renter.public_id)).status_code == 404
        assert other_tablet.get(url("renter-capture", renter.public_id, SELFIE)).status_code == 404
        assert other_tablet.post(url("renter-face", renter.public_id), {"face": "same"}).status_code == 404

    def test_a_walk_in_who_was_looked_up_is_business(self, tablet, other_tablet, stranger):
        tablet.post(url("walk-in"), {"who": stranger.email})

        assert tablet.get(url("renter-papers", stranger.public_id)).status_code == 200
        assert other_tablet.get(url("renter-papers", stranger.public_id)).status_code == 404

    def test_with_the_keys_the_business_ends(self, tablet, rental, renter):
        assert tablet.get(url("renter-papers", renter.public_id)).status_code == 404

    def test_staff_have_no_business_with_themselves(self, tablet, attendant, stranger):
        tablet.post(url("walk-in"), {"who": attendant.email})

        assert tablet.get(url("renter-papers", attendant.public_id)).status_code == 404

    @pytest.mark.parametrize("who", ["renter", "stranger", "operator"])
    def test_others_find_no_such_pages(self, request, booking, renter, who):
        client = Client()
        client.force_login(request.getfixturevalue(who))

        for address in (url("paper-queue"), url("paper-next"), url("renter-papers", renter.public_id)):
            assert client.get(address).status_code == 404

    def test_whoever_is_not_signed_in_is_asked_to(self, booking, renter):
        answer = Client().get(url("renter-papers", renter.public_id))

        assert answer.status_code == 302
        assert "/account/login/" in answer["Location"]


class TestImages:
    def test_the_counter_sees_them_while_their_owner_has_business_and_each_look_is_kept(
        self, tablet, attendant, booking, renter, other_tablet, other_attendant
    ):
        paper = waiting(renter, kind="passport")
        address = url("renter-paper-image", paper.pk, "front")

        seen = tablet.get(image_url(paper, "front", attendant, "counter", address=address))
        assert (seen.status_code, seen["Cache-Control"]) == (200, "private, no-store")
        theirs = image_url(paper, "front", other_attendant, "counter", address=address)
        assert other_tablet.get(theirs).status_code == 404
        look = AuditEvent.objects.get(action="document.viewed")
        assert (look.actor_ref, look.changes["purpose"]) == (attendant.public_id, "counter")

    def test_attendants_do_not_see_them_as_reviewers(self, tablet, attendant, booking, renter):
        paper = waiting(renter, kind="passport")
        address = url("paper-image", paper.pk, "front")

        assert tablet.get(image_url(paper, "front", attendant, "review", address=address)).status_code == 404

    def test_a_chief_sees_strangers_as_a_reviewer_only(self, chief, supervisor, stranger):
        paper = waiting(stranger, kind="passport")
        review, counter = (url(name, paper.pk, "front") for name in ("paper-image", "renter-paper-image"))

        assert chief.get(image_url(paper, "front", supervisor, "review", address=review)).status_code == 200
        assert chief.get(image_url(paper, "front", supervisor, "counter", address=counter)).status_code == 404


class TestQueue:
    def test_attendants_have_none(self, tablet, booking, renter):
        paper = waiting(renter, kind="passport")

        for address in (url("paper-queue"), url("paper-next"), url("paper-review", paper.pk)):
            assert tablet.get(address).status_code == 404

    def test_a_supervisor_decides_about_people_who_are_here(self, boss, booking, renter, stranger):
        here, elsewhere = waiting(renter, kind="passport"), waiting(stranger, kind="passport")

        page = text_of(boss.get(url("paper-queue")))
        assert url("paper-review", here.pk) in page
        assert url("paper-review", elsewhere.pk) not in page
        assert "Nguyễn Minh Anh" not in page
        assert boss.get(url("paper-next")).url == url("paper-review", here.pk)
        assert boss.get(url("paper-review", elsewhere.pk)).status_code == 404

    def test_who_holds_the_right_has_everybodys(self, chief, stranger):
        elsewhere = waiting(stranger, kind="passport")

        assert url("paper-review", elsewhere.pk) in text_of(chief.get(url("paper-queue")))

    def test_one_paper_is_decided_and_the_next_one_follows(self, boss, supervisor, booking, renter):
        IdentityDocument.objects.filter(user=renter, kind=CARD).update(state="superseded")
        paper, following = waiting(renter), waiting(renter, kind="passport")

        answer = boss.post(url("paper-review", paper.pk), reading())

        assert answer.url == url("paper-review", following.pk)
        assert IdentityDocument.objects.get(pk=paper.pk).state == DocumentState.APPROVED
        turn = DocumentReview.objects.get(document=paper)
        assert (turn.reviewer, turn.outcome, turn.place) == (supervisor, "approved", "tablet")
        event = AuditEvent.objects.get(action="document.approved")
        assert event.actor_kind == "supervisor"

    def test_what_another_works_on_is_shown_without_its_forms(self, chief, stranger, reviewer):
        paper = waiting(stranger, kind="passport")
        take(document=paper, reviewer=reviewer)

        page = text_of(chief.get(url("paper-review", paper.pk)))
        assert "Lý Mai Lan đang duyệt giấy tờ này." in page
        assert 'value="approve"' not in page

    def test_the_queue_asks_the_same_however_long_it_is(self, chief, django_assert_max_num_queries):
        for _ in range(6):
            waiting(make_user(), findings=[Finding.IMAGE_KNOWN])

        with django_assert_max_num_queries(13):
            page = text_of(chief.get(url("paper-queue")))
        assert page.count("Nghiêm trọng") == 6


class TestCapture:
    @pytest.fixture(autouse=True)
    def _here(self, tablet, newcomer):
        tablet.post(url("walk-in"), {"who": newcomer.email})

    def test_first_the_renter_agrees_on_the_tablet(self, tablet, newcomer, attendant):
        capture = url("renter-capture", newcomer.public_id, CARD)
        asked = tablet.get(capture)
        assert asked.url == f"{url('renter-consent', newcomer.public_id)}?kind={CARD}"
        assert tablet.post(asked.url, {}).status_code == 422
        assert not Consent.objects.exists()

        agreed = tablet.post(
            asked.url, {"identity": "on", "identity_version": consent.VERSIONS[ConsentPurpose.IDENTITY]}
        )
        assert agreed.url == capture
        assert Consent.objects.get().user == newcomer
        event = AuditEvent.objects.get(action="consent.given")
        assert (event.actor_kind, event.actor_ref) == ("staff", attendant.public_id)

    def test_photographs_are_taken_for_them(self, tablet, newcomer, attendant):
        agree(newcomer)

        answer = tablet.post(
            url("renter-capture", newcomer.public_id, CARD), {"front": photo_upload(), "back": photo_upload()}
        )

        assert answer.url == url("renter-papers", newcomer.public_id)
        assert list(newcomer.documents.values_list("kind", "state")) == [(CARD, DocumentState.UPLOADED)]

    def test_a_missing_photograph_is_said_at_its_place(self, tablet, newcomer):
        agree(newcomer)

        answer = tablet.post(url("renter-capture", newcomer.public_id, CARD), {"front": photo_upload()})

        assert answer.status_code == 422
        assert "Thiếu ảnh: Mặt sau." in text_of(answer)
        assert not newcomer.documents.exists()

    def test_the_page_learns_how_they_stand(self, tablet, newcomer):
        answer = tablet.get(url("renter-status", newcomer.public_id)).json()

        assert sorted(answer) == ["html", "is_pending", "is_reading", "summary", "version"]
        assert url("renter-capture", newcomer.public_id, SELFIE) in answer["html"]


class TestFaceAtPickup:
    @pytest.fixture
    def selfie(self, renter):
        IdentityDocument.objects.filter(user=renter, kind=SELFIE).update(state="superseded")
        return make_document(user=renter, kind=SELFIE, state=DocumentState.AUTO_PASSED, with_images=True)

    @pytest.fixture
    def opened(self, booking, attendant, by):
        return services.open_handover(booking=booking, station=booking.pickup_station, user=attendant, by=by)

    def test_the_tick_is_the_comparison(self, tablet, selfie, opened, booking, attendant):
        page = text_of(tablet.get(url("handover-papers", booking.code)))
        assert "Chưa ai so khuôn mặt này." in page
        assert "người ở quầy, ảnh chân dung và ảnh trên giấy tờ là một người" in page
        assert 'value="selfie"' not in page

        tablet.post(
            url("handover-papers", booking.code), {"compared": ["citizen_card", "driving_licence", "face"]}
        )
        row = IdentityDocument.objects.get(pk=selfie.pk)
        assert (row.state, row.reviewed_by) == (DocumentState.APPROVED, attendant)

    def test_without_the_tick_nothing_is_compared(self, tablet, selfie, opened, booking):
        answer = tablet.post(
            url("handover-papers", booking.code), {"compared": ["citizen_card", "driving_licence"]}
        )

        assert answer.status_code == 422
        assert IdentityDocument.objects.get(pk=selfie.pk).state == DocumentState.AUTO_PASSED

    def test_a_face_that_differs_keeps_the_keys_here(self, tablet, selfie, opened, booking, renter):
        tablet.post(url("renter-face", renter.public_id), {"face": "other"})

        answer = tablet.post(
            url("handover-papers", booking.code), {"compared": ["citizen_card", "driving_licence", "face"]}
        )
        assert answer.status_code == 422
        assert Rental.objects.get().papers_checked_at is None

    def test_the_face_is_confirmed_on_the_page_of_papers_too(self, tablet, selfie, booking, renter):
        assert "Đúng là người này" in text_of(tablet.get(url("renter-papers", renter.public_id)))

        tablet.post(url("renter-face", renter.public_id), {"face": "same"})
        assert IdentityDocument.objects.get(pk=selfie.pk).state == DocumentState.APPROVED

    def test_a_tick_is_not_about_a_selfie_that_came_after_the_page(
        self, tablet, selfie, opened, booking, renter
    ):
        page = text_of(tablet.get(url("handover-papers", booking.code)))
        assert f'name="shown" value="{selfie.pk}"' in page
        IdentityDocument.objects.filter(pk=selfie.pk).update(state="superseded")
        newer = make_document(user=renter, kind=SELFIE, state=DocumentState.AUTO_PASSED)
        ticks = {"compared": ["citizen_card", "driving_licence", "face"]}

        answer = tablet.post(url("handover-papers", booking.code), ticks | {"shown": str(selfie.pk)})

        assert answer.status_code == 422
        assert f'name="shown" value="{newer.pk}"' in text_of(answer)
        assert Rental.objects.get().papers_checked_at is None
        assert IdentityDocument.objects.get(pk=newer.pk).state == DocumentState.AUTO_PASSED

    def test_a_word_about_a_face_is_not_about_a_selfie_that_came_after_the_page(
        self, tablet, selfie, booking, renter
    ):
        page = text_of(tablet.get(url("renter-papers", renter.public_id)))
        assert page.count(f'name="selfie" value="{selfie.pk}"') == 2
        IdentityDocument.objects.filter(pk=selfie.pk).update(state="superseded")
        newer = make_document(user=renter, kind=SELFIE, state=DocumentState.AUTO_PASSED)

        tablet.post(url("renter-face", renter.public_id), {"face": "same", "selfie": selfie.pk})

        assert IdentityDocument.objects.get(pk=newer.pk).state == DocumentState.AUTO_PASSED

    def test_no_keys_for_a_face_that_nobody_compared(
        self, booking, attendant, renter, by, opened, quick_paper, monkeypatch
    ):
        services.record_papers(rental=opened, user=attendant, by=by)
        Rental.objects.filter(pk=opened.pk).update(state="ready_to_sign")
        opened.refresh_from_db()
        # A new selfie was taken after the papers had been compared.
        IdentityDocument.objects.filter(user=renter, kind=SELFIE).update(state="auto_passed")

        with pytest.raises(FaceNotCompared):
            services.hand_over_keys(rental=opened, by=by)
