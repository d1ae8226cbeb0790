"""Who stands at which counter: every staff page begins here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from accounts.access.actors import staff_actor
from accounts.users.models import User
from stations.network.access import posts_of
from stations.network.models import StaffPost, Station
from stations.network.services import note_seen
from voltgo.core.actors import Actor

SESSION_KEY = "station"

Params = ParamSpec("Params")


@dataclass(frozen=True, slots=True)
class Desk:
    """A member of staff at the station chosen for this session."""

    user: User
    post: StaffPost
    post_count: int

    @property
    def station(self) -> Station:
        return self.post.station

    @property
    def actor(self) -> Actor:
        return staff_actor(self.user, supervisor=self.post.role == StaffPost.Role.SUPERVISOR)

    @property
    def has_choice(self) -> bool:
        return self.post_count > 1


DeskView = Callable[Concatenate[HttpRequest, Desk, Params], HttpResponseBase]
View = Callable[Concatenate[HttpRequest, Params], HttpResponseBase]


def at_desk(view: DeskView[Params]) -> View[Params]:
    """Give a view the desk of the signed-in person.

    A stranger gets 404, as if there were no such page. Who works at several stations chooses first.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponseBase:
        posts = posts_of_request(request)
        post = _chosen(request, posts)
        if post is None:
            query = urlencode({"next": request.get_full_path()})
            return redirect(f"{reverse('station:station-choose')}?{query}")
        user = request.user
        assert isinstance(user, User)
        note_seen(post.station)
        return view(request, Desk(user, post, len(posts)), *args, **kwargs)

    return cast("View[Params]", login_required(guarded))


def posts_of_request(request: HttpRequest) -> list[StaffPost]:
    """Return the signed-in person's posts; whoever has none must not learn that there are such pages."""
    if not isinstance(request.user, User):
        raise Http404
    posts = list(posts_of(request.user).order_by("station__city__name", "station__name"))
    if not posts:
        raise Http404
    return posts


def choose(request: HttpRequest, post: StaffPost) -> None:
    """Keep the choice of station for this session."""
    request.session[SESSION_KEY] = post.station_id


def _chosen(request: HttpRequest, posts: list[StaffPost]) -> StaffPost | None:
    if len(posts) == 1:
        return posts[0]
    wanted = request.session.get(SESSION_KEY)
    return next((post for post in posts if post.station_id == wanted), None)
