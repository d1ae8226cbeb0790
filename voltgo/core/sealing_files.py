"""Sealing what was stored before there were seals, and sealing anew after a key has changed."""

from collections.abc import Iterator

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import models

from voltgo.core.sealed_files import SealedStorage, is_sealed, seal


def sealed_fields() -> Iterator[tuple[type[models.Model], models.FileField]]:
    """Yield every column whose files are sealed."""
    for model in apps.get_models():
        for field in model._meta.fields:
            if isinstance(field, models.FileField) and isinstance(field.storage, SealedStorage):
                yield model, field


def seal_stored_files(*, anew: bool = False) -> dict[str, int]:
    """Seal stored files that are not sealed, or all of them with a key of now; return how many by column.

    In their place and under their names, because rows of evidence never change. Each is replaced in one step:
    killed at any point, every file is whole, and the next run does the rest. A file that is gone is left out, and
    one whose row goes meanwhile goes too.
    """
    return {
        f"{model._meta.label}.{field.name}": sum(
            _seal(model, field, name, anew=anew) for name in _names(model, field)
        )
        for model, field in sealed_fields()
    }


def _names(model: type[models.Model], field: models.FileField) -> list[str]:
    rows = model._default_manager.exclude(**{field.name: ""}).order_by("pk")
    return list(dict.fromkeys(rows.values_list(field.name, flat=True)))


def _seal(model: type[models.Model], field: models.FileField, name: str, *, anew: bool) -> bool:
    try:
        with default_storage.open(name, "rb") as file:
            if is_sealed(file.read()) and not anew:
                return False
        with field.storage.open(name) as file:
            plain = file.read()
    except FileNotFoundError:
        return False
    default_storage.replace(name, seal(plain, name))  # type: ignore[attr-defined]
    if not model._default_manager.filter(**{field.name: name}).exists():
        # Erased meanwhile: it must not come back.
        default_storage.delete(name)
        return False
    return True
