import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.db import models
from django.test import RequestFactory

from tests.architecture.source import APPS

# Model -> why nobody looks at its rows in the admin.
EXCUSED: dict[str, str] = {}
OURS = [
    model for model in apps.get_models() if model._meta.app_label in APPS and not model._meta.auto_created
]

STATES = {"state", "condition"}
WITH_STATE = [model for model in OURS if STATES & {field.name for field in model._meta.fields}]


@pytest.fixture(autouse=True, scope="module")
def _discovered() -> None:
    admin.autodiscover()


class Superuser:
    """Somebody who may do everything, so that only the admin's own rules hold a field back."""

    is_active = is_staff = is_superuser = is_authenticated = True

    def has_perm(self, *_args: object) -> bool:
        return True

    has_perms = has_module_perms = has_perm


def _shown_models() -> set[type[models.Model]]:
    """Models with a page of their own or as rows on another's page."""
    shown: set[type[models.Model]] = set()
    for model, page in admin.site._registry.items():
        shown |= {model, *(inline.model for inline in page.inlines)}
    return shown


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_every_model_can_be_looked_up_in_the_admin(model: type[models.Model]) -> None:
    assert (model in _shown_models()) != (model._meta.label in EXCUSED)


@pytest.mark.parametrize("model", WITH_STATE, ids=lambda model: model._meta.label)
def test_nobody_types_a_state_into_the_admin(model: type[models.Model]) -> None:
    if not admin.site.is_registered(model):
        return
    request = RequestFactory().get("/admin/")
    request.user = Superuser()  # type: ignore[assignment]
    page = admin.site.get_model_admin(model)
    # As the change page itself asks for its form: without what is only to read.
    shown = flatten_fieldsets(page.get_fieldsets(request, model()))
    form = page.get_form(request, model(), change=True, fields=shown)

    assert not STATES & set(form.base_fields)
