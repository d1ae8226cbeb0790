"""Making drawers."""

from payments.cash.models import CashDrawer

CODE_LENGTH = 40


def ensure_drawer(*, place_ref: str, name: str) -> CashDrawer:
    """Return the drawer of a place such as `station:BTH`, made if it has none. Safe to call at any time."""
    code = (place_ref.partition(":")[2] or place_ref)[:CODE_LENGTH]
    drawer, _created = CashDrawer.objects.get_or_create(
        code=code, defaults={"place_ref": place_ref, "name": name[:80]}
    )
    return drawer
