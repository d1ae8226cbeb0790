from typing import Any

import pytest
from django.contrib.admin import AdminSite
from django.contrib.auth.models import Group, Permission
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory

from accounts.users.models import User
from voltgo.core.actors import ActorKind
from voltgo.core.audit.admin import AuditedAdmin, LogAdmin
from voltgo.core.errors import DomainError
from voltgo.core.models import AuditEvent, OutboxMessage, StateEvent


class GroupAdmin(AuditedAdmin):
    filter_horizontal = ("permissions",)


class UserAdmin(AuditedAdmin):
    fields = ("full_name", "phone", "blocked_reason")
    masked_fields = ("phone",)


@pytest.fixture
def operator() -> User:
    return User.objects.create_superuser("op@example.vn", "a-long-password", full_name="Đặng Thu Hà")


def asked(user: User, data: dict[str, Any] | None = None) -> HttpRequest:
    request = RequestFactory().post("/") if data is not None else RequestFactory().get("/")
    if data is not None:
        form = QueryDict(mutable=True)
        for name, value in data.items():
            form.setlist(name, value if isinstance(value, list) else [value])
        request.POST = form  # type: ignore[assignment]
    request.user = user
    request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


def test_adding_a_row_leaves_an_event_with_what_was_filled_in(operator: User) -> None:
    page = GroupAdmin(Group, AdminSite())

    page.changeform_view(asked(operator, {"name": "reviewer", "permissions": []}))

    group = Group.objects.get()
    event = AuditEvent.objects.get()
    assert (event.action, event.subject) == ("auth.group.added", f"group:{group.pk}")
    assert event.changes == {"name": [None, "reviewer"]}
    assert (event.actor_kind, event.actor_ref) == (ActorKind.OPERATOR, operator.public_id)
    assert event.actor_label == "Đặng Thu Hà"


def test_a_change_of_fields_and_lists_is_one_event(operator: User) -> None:
    group = Group.objects.create(name="reviewer")
    permission = Permission.objects.get(codename="view_user")
    page = GroupAdmin(Group, AdminSite())

    page.changeform_view(
        asked(operator, {"name": "checker", "permissions": [str(permission.pk)]}), str(group.pk)
    )

    event = AuditEvent.objects.get()
    assert event.action == "auth.group.changed"
    assert event.changes == {"name": ["reviewer", "checker"], "permissions": [[], [str(permission)]]}


def test_saving_without_a_change_leaves_no_event(operator: User) -> None:
    group = Group.objects.create(name="reviewer")

    page = GroupAdmin(Group, AdminSite())
    page.changeform_view(asked(operator, {"name": "reviewer", "permissions": []}), str(group.pk))

    assert not AuditEvent.objects.exists()


def test_personal_data_is_noted_without_its_value(operator: User) -> None:
    renter = User.objects.create_user("a@example.vn", full_name="Anh", phone="0900000001")
    page = UserAdmin(User, AdminSite())

    sent = {"full_name": "Minh Anh", "phone": "0900000009", "blocked_reason": ""}
    page.changeform_view(asked(operator, sent), str(renter.pk))

    event = AuditEvent.objects.get()
    assert event.subject == f"user:{renter.public_id}"
    assert event.changes == {"full_name": ["Anh", "Minh Anh"], "phone": ["•••", "•••"]}


def test_deleting_leaves_an_event_with_what_was_there(operator: User) -> None:
    groups = [Group.objects.create(name="one"), Group.objects.create(name="two")]
    page = GroupAdmin(Group, AdminSite())

    page.delete_model(asked(operator, {}), groups[0])
    page.delete_queryset(asked(operator, {}), Group.objects.all())

    assert not Group.objects.exists()
    events = AuditEvent.objects.order_by("pk")
    assert [(event.action, event.subject) for event in events] == [
        ("auth.group.deleted", f"group:{group_id}")
        for group_id in (event.subject.split(":")[1] for event in events)
    ]
    assert [event.changes["name"] for event in events] == [["one", None], ["two", None]]


def test_states_are_read_only_without_being_named(operator: User) -> None:
    from accounts.kyc.models import IdentityDocument

    class DocumentAdmin(AuditedAdmin):
        readonly_fields = ("kind",)

    page = DocumentAdmin(IdentityDocument, AdminSite())

    assert page.get_readonly_fields(asked(operator)) == ("kind", "state")


def test_logs_cannot_be_touched_even_by_a_superuser(operator: User) -> None:
    for model in (AuditEvent, StateEvent, OutboxMessage):
        page = LogAdmin(model, AdminSite())
        request = asked(operator)
        assert page.has_view_permission(request)
        assert not page.has_add_permission(request)
        assert not page.has_change_permission(request)
        assert not page.has_delete_permission(request)


def test_a_service_called_for_each_row_reports_what_it_refused(operator: User) -> None:
    groups = [Group.objects.create(name=name) for name in ("one", "two", "three")]
    request = asked(operator, {})

    def service(group: Group) -> None:
        if group.name == "two":
            raise DomainError("không được")

    done = GroupAdmin(Group, AdminSite()).apply_to_each(request, groups, service)

    assert done == 2
    said = [str(message) for message in request._messages]  # type: ignore[attr-defined]
    assert said == ["two: không được", "Đã xử lý 2 mục."]
