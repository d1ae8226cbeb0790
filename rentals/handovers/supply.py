"""The supply guard in words for whoever stands at the counter: the level of each class, its cause, what to do."""

from dataclasses import dataclass

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from stations.fleet.enums import VehicleKind
from stations.network.models import Station
from stations.supply.enums import SupplyLevel, SupplyReason
from stations.supply.rules import Supply
from stations.supply.selectors import levels_at
from voltgo.core.templatetags.voltgo_ui import when

# How a level looks: as a note.
LOOKS = {SupplyLevel.NORMAL: "ok", SupplyLevel.NARROW: "warn", SupplyLevel.STOPPED: "bad"}


@dataclass(frozen=True, slots=True)
class SupplyLine:
    """One guarded class of vehicles at a station."""

    supply: Supply
    kind: str
    title: str
    words: str


def supply_lines(station: Station) -> list[SupplyLine]:
    """Return the guarded classes of a station, in words. One query."""
    return [
        SupplyLine(supply, LOOKS[supply.level], _title(kind, supply), _words(supply))
        for kind, supply in levels_at(station).items()
    ]


def _title(kind: str, supply: Supply) -> str:
    words = {
        SupplyLevel.NORMAL: _("%(kind)s: nhận đặt trước bình thường"),
        SupplyLevel.NARROW: _("%(kind)s: đang hạn chế đặt trước"),
        SupplyLevel.STOPPED: _("%(kind)s: đang ngừng nhận đặt trước"),
    }
    return words[supply.level] % {"kind": capfirst(VehicleKind(kind).label)}


def _words(supply: Supply) -> str:
    counted = _("%(ready)d xe sẵn sàng, ngưỡng %(threshold)d, dành %(reserve)d cho khách đến quầy.") % {
        "ready": supply.ready,
        "threshold": supply.threshold,
        "reserve": supply.reserve,
    }
    if supply.cause == SupplyReason.OVERRIDE:
        decided = _("Vận hành quyết định đến %(until)s: %(note)s.")
        return f"{decided % {'until': when(supply.until), 'note': supply.note.rstrip('.')}} {counted}"
    causes = {
        SupplyReason.FEW_READY: _("Ít xe sẵn sàng: chuẩn bị và sạc thêm xe để mở lại."),
        SupplyReason.NONE_READY: _("Không còn xe sẵn sàng: chuẩn bị và sạc xe để mở lại."),
        SupplyReason.STATION_OFFLINE: _("Máy ở trạm mất kết nối hơn 30 phút; mở trang này là nối lại."),
        SupplyReason.ENOUGH: "",
    }
    return f"{causes[supply.cause]} {counted}".strip()
