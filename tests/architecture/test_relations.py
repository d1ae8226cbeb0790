from typing import Any

import pytest
from django.apps import apps
from django.db import models

from tests.architecture.source import APPS

OURS = [model for model in apps.get_models() if model._meta.app_label in APPS]


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_foreign_keys_point_left_or_stay_at_home(model: type[models.Model]) -> None:
    # A string reference ("rentals.Booking") is invisible to the import contracts.
    rightward = [
        f"{field.name} -> {_target(field)._meta.label}"
        for field in model._meta.get_fields(include_hidden=False)
        if _is_forward_relation(field) and _stands_right_of(_target(field), model)
    ]

    assert rightward == []


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_a_model_says_what_one_row_is(model: type[models.Model]) -> None:
    documented = model.__doc__ or ""

    # Django invents "Name(field, field)" for a class without a docstring.
    assert documented
    assert not documented.startswith(f"{model.__name__}(")


@pytest.mark.parametrize("model", OURS, ids=lambda model: model._meta.label)
def test_the_kernel_and_the_audit_refer_to_nobody(model: type[models.Model]) -> None:
    if model._meta.app_label == "core":
        assert [field.name for field in model._meta.get_fields() if _is_forward_relation(field)] == []


def _is_forward_relation(field: Any) -> bool:
    return bool(field.is_relation and not field.auto_created and field.related_model)


def _target(field: Any) -> type[models.Model]:
    return field.related_model  # type: ignore[no-any-return]


def _stands_right_of(target: type[models.Model], model: type[models.Model]) -> bool:
    label = target._meta.app_label
    return label in APPS and APPS.index(label) > APPS.index(model._meta.app_label)
