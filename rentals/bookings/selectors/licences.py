"""Which models a person may drive, by the papers that they have sent or by the class that they say they hold."""

from dataclasses import dataclass

from accounts.kyc.eligibility import (
    Person,
    Reason,
    ReasonCode,
    VehicleDemand,
    assess,
    classes_for,
    person_of,
)
from accounts.kyc.enums import LicenceClass
from accounts.users.models import User
from stations.fleet.models import VehicleModel
from voltgo.core.clock import Period

# What somebody says they hold, as it stands in an address -> the classes.
NO_LICENCE = "none"
HELD: dict[str, frozenset[LicenceClass]] = {
    NO_LICENCE: frozenset(),
    "A1": frozenset({LicenceClass.A1}),
    "A": frozenset({LicenceClass.A}),
    "B": frozenset({LicenceClass.B}),
    "A1+B": frozenset({LicenceClass.A1, LicenceClass.B}),
    "A+B": frozenset({LicenceClass.A, LicenceClass.B}),
}
# The signed-in person's own papers decide.
MINE = "mine"
# Of all reasons against a person only those that another vehicle would cure.
ABOUT_THE_VEHICLE = frozenset(
    {
        ReasonCode.TOO_YOUNG,
        ReasonCode.LICENCE_MISSING,
        ReasonCode.LICENCE_WAITING,
        ReasonCode.LICENCE_REJECTED,
        ReasonCode.LICENCE_EXPIRED,
        ReasonCode.LICENCE_CLASS,
        ReasonCode.VEHICLE_NOT_COVERED,
    }
)


def demand_of(model: VehicleModel) -> VehicleDemand:
    return VehicleDemand(category=model.category, power_kw=model.power_kw, seats=model.seats)


def may_drive(model: VehicleModel, classes: frozenset[LicenceClass]) -> bool:
    """Say whether somebody who holds these classes, and nothing else, may drive a model. Pure."""
    wanted = classes_for(demand_of(model))
    return wanted is None or bool(classes & wanted)


def against(person: Person, model: VehicleModel, period: Period) -> list[Reason]:
    """Return what speaks against a person driving a model that another model might not ask. Pure."""
    judged = assess(person=person, demand=demand_of(model), period=period)
    return [reason for reason in judged.reasons if reason.code in ABOUT_THE_VEHICLE]


@dataclass(frozen=True, slots=True)
class Licences:
    """By what the models of a search are judged: a person's papers, or classes; nothing lets every model pass."""

    person: Person | None = None
    classes: frozenset[LicenceClass] | None = None

    def allow(self, model: VehicleModel, period: Period) -> bool:
        if self.person is not None:
            return not against(self.person, model, period)
        return self.classes is None or may_drive(model, self.classes)


EVERYBODY = Licences()


def licences_for(choice: str, user: object) -> Licences:
    """Return the judgement for a choice of the search form. One query, and only for a person's own papers."""
    if choice == MINE and isinstance(user, User):
        return Licences(person=person_of(user))
    return Licences(classes=HELD[choice]) if choice in HELD else EVERYBODY
