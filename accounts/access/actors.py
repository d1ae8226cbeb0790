"""Turns a signed-in user into the actor of a service call."""

from accounts.users.models import User
from voltgo.core.actors import Actor, ActorKind


def renter_actor(user: User) -> Actor:
    return Actor(ActorKind.RENTER, user.public_id, user.full_name)


def owner_actor(user: User) -> Actor:
    return Actor(ActorKind.OWNER, user.public_id, user.full_name)


def staff_actor(user: User, *, supervisor: bool = False) -> Actor:
    kind = ActorKind.SUPERVISOR if supervisor else ActorKind.STAFF
    return Actor(kind, user.public_id, user.full_name)


def operator_actor(user: User) -> Actor:
    return Actor(ActorKind.OPERATOR, user.public_id, user.full_name)
