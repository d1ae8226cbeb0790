"""Choices and the state machine of contracts."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.states import COUNTER, MACHINES, Machine


class ContractState(models.TextChoices):
    DRAFT = "draft", _("chờ lập")
    RENDERED = "rendered", _("đã lập")
    SIGNED = "signed", _("đã ký")
    VOIDED = "voided", _("đã hủy")


class Signer(models.TextChoices):
    RENTER = "renter", _("người thuê")
    STAFF = "staff", _("nhân viên")


class SigningMethod(models.TextChoices):
    DRAWN = "drawn", _("ký tay trên màn hình")
    # For people who cannot draw, and for pages without JavaScript.
    TYPED = "typed", _("gõ họ và tên")


CONTRACT = Machine(
    name="contract",
    initial=ContractState.DRAFT,
    table={
        (ContractState.DRAFT, ContractState.RENDERED): MACHINES,
        (ContractState.RENDERED, ContractState.SIGNED): COUNTER,
        (ContractState.DRAFT, ContractState.VOIDED): MACHINES | COUNTER,
        (ContractState.RENDERED, ContractState.VOIDED): MACHINES | COUNTER,
    },
)
