"""The evidence of contracts for operators: to read and to recompute, never to change."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from rentals.contracts.evidence import check_chain
from rentals.contracts.models import Contract, ContractEvent
from voltgo.core import clock
from voltgo.core.backoffice.columns import link
from voltgo.core.backoffice.pages import RecordAdmin


@admin.register(ContractEvent)
class ContractEventAdmin(RecordAdmin):
    list_display = ("at", "contract_link", "position", "kind", "actor_kind", "actor_ref", "ip_address")
    list_filter = (("kind", ChoicesDropdownFilter), "actor_kind")
    search_fields = ("contract__number", "actor_ref", "sha256", "document_sha256")
    ordering = ("-pk",)
    date_hierarchy = "at"
    show_full_result_count = False
    fields = readonly_fields = (
        "contract_link",
        "position",
        "kind",
        "exact_time",
        "actor_kind",
        "actor_ref",
        "ip_address",
        "device",
        "document_sha256",
        "details",
        "previous_sha256",
        "sha256",
        "chain",
    )
    contract_link = link("contract", _("hợp đồng"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContractEvent]:
        return ContractEvent.objects.select_related("contract")

    @admin.display(description=_("lúc"))
    def exact_time(self, event: ContractEvent) -> str:
        return f"{clock.local(event.at):%H:%M:%S.%f %d/%m/%Y}"

    @admin.display(description=_("chuỗi"))
    def chain(self, event: ContractEvent) -> str:
        return chain_words(event.contract)


def chain_words(contract: Contract) -> str:
    """Recompute a contract's chain and say what came of it."""
    result = check_chain(contract)
    if result.broken_at is not None:
        return str(_("Đứt ở sự kiện %(position)d") % {"position": result.broken_at})
    return str(_("Nguyên vẹn, %(count)d sự kiện") % {"count": result.length})
