"""Choices and the state machine of rentals."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from voltgo.core.actors import ActorKind
from voltgo.core.states import BACK_OFFICE, COUNTER, Machine


class RentalState(models.TextChoices):
    PREPARING = "preparing", _("đang kiểm tra xe")
    READY_TO_SIGN = "ready_to_sign", _("chờ ký")
    ACTIVE = "active", _("đang thuê")
    RETURNED = "returned", _("đã trả xe")
    SETTLING = "settling", _("đang quyết toán")
    DISPUTED = "disputed", _("đang khiếu nại")
    CLOSED = "closed", _("đã hoàn tất")
    ABORTED = "aborted", _("không giao xe")


class InspectionKind(models.TextChoices):
    PICKUP = "pickup", _("giao xe")
    RETURN = "return", _("trả xe")


class DamageKind(models.TextChoices):
    SCRATCH = "scratch", _("trầy xước")
    DENT = "dent", _("móp")
    CRACK = "crack", _("nứt, vỡ")
    MISSING = "missing", _("mất bộ phận")
    OTHER = "other", _("khác")


class ChargeKind(models.TextChoices):
    """How a line is booked: rent and fees carry VAT, compensation does not."""

    RENTAL = "rental", _("tiền thuê")
    FEE = "fee", _("phí")
    COMPENSATION = "compensation", _("bồi thường")


class Acceptance(models.TextChoices):
    """How a settlement became final."""

    SIGNATURE = "signature", _("khách ký tại trạm")
    ONLINE = "online", _("khách đồng ý trực tuyến")
    LAPSE = "lapse", _("hết thời hạn khiếu nại")
    RESOLUTION = "resolution", _("vận hành giải quyết khiếu nại")


# The vehicle is at the counter or out with the renter.
OPEN_RENTAL_STATES = (RentalState.PREPARING, RentalState.READY_TO_SIGN, RentalState.ACTIVE)

RENTAL = Machine(
    name="rental",
    initial=RentalState.PREPARING,
    table={
        (RentalState.PREPARING, RentalState.READY_TO_SIGN): COUNTER,
        (RentalState.READY_TO_SIGN, RentalState.PREPARING): COUNTER,
        (RentalState.READY_TO_SIGN, RentalState.ACTIVE): COUNTER,
        (RentalState.PREPARING, RentalState.ABORTED): COUNTER,
        (RentalState.READY_TO_SIGN, RentalState.ABORTED): COUNTER,
        (RentalState.ACTIVE, RentalState.RETURNED): COUNTER,
        (RentalState.RETURNED, RentalState.SETTLING): COUNTER,
        (RentalState.SETTLING, RentalState.CLOSED): COUNTER | {ActorKind.RENTER, ActorKind.SYSTEM},
        (RentalState.SETTLING, RentalState.DISPUTED): frozenset({ActorKind.RENTER}),
        (RentalState.DISPUTED, RentalState.SETTLING): BACK_OFFICE,
    },
)
