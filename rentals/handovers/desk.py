"""Who stands at which counter: every staff page begins here."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse

from accounts.access.actors import staff_actor
from accounts.users.models import User
from stations.network.access import posts_of
from stations.network.models import StaffPost, Station
from stations.network.services import note_seen
from stations.tablets.access import belongs_to_a_tablet, enter, tablet_of_request
from stations.tablets.errors import TabletElsewhere, TabletRevoked
from stations.tablets.models import Tablet
from voltgo.core.actors import Actor

SESSION_KEY = "station"

Params = ParamSpec("Params")


@dataclass(frozen=True, slots=True)
class Desk:
    """A member of staff at the station chosen for this session."""

    user: User
    post: StaffPost
    post_count: int
    # The enrolled tablet that it is done on, if it is one.
    tablet: Tablet | None = None

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

    A stranger gets 404, as if there were no such page. Who works at several stations chooses first. On an
    enrolled tablet the desk is the tablet's station, and after ten idle minutes the PIN is asked for; one
    that was withdrawn signs its person out and says so.
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

    elsewhere = login_required(guarded)

    @wraps(view)
    def judged(request: HttpRequest, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponseBase:
        try:
            tablet = tablet_of_request(request)
        except TabletRevoked:
            return tablet_withdrawn(request)
        if tablet is None:
            if belongs_to_a_tablet(request):
                # A tablet's session without the tablet's cookie: somebody wants to get around its rules.
                logout(request)
            return elsewhere(request, *args, **kwargs)
        if not request.user.is_authenticated:
            return _ask_for_pin(request)
        post = _post_on(request, tablet)
        user = request.user
        assert isinstance(user, User)
        if not enter(request, tablet, by_hand=_is_by_hand(request)):
            return _ask_for_pin(request)
        note_seen(post.station)
        return view(request, Desk(user, post, 1, tablet), *args, **kwargs)

    return cast("View[Params]", judged)


def tablet_withdrawn(request: HttpRequest) -> HttpResponse:
    """Sign out whoever is signed in on a withdrawn tablet, and say so; the page makes what it keeps unreadable.

    The device keeps its cookie: so it is told at every address, and works again once an operator has
    re-instated it.
    """
    logout(request)
    response = render(request, "station/tablet/revoked.html", status=410)
    response.headers["Cache-Control"] = "no-store"
    return response


def _post_on(request: HttpRequest, tablet: Tablet) -> StaffPost:
    posts = posts_of_request(request)
    post = next((post for post in posts if post.station_id == tablet.station_id), None)
    if post is None:
        raise TabletElsewhere
    return post


def _is_by_hand(request: HttpRequest) -> bool:
    """Tell what a person does from what an open page asks by itself, which must keep nobody signed in."""
    if request.method == "POST":
        return True
    asks_itself = request.headers.get("HX-Request") == "true" or _wants_json(request)
    return request.method == "GET" and not asks_itself


def _wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def _ask_for_pin(request: HttpRequest) -> HttpResponse:
    if _wants_json(request):
        return JsonResponse({"code": "pin_due"}, status=401)
    back = request.get_full_path() if request.method == "GET" else request.headers.get("Referer", "")
    address = f"{reverse('station:unlock')}?{urlencode({'next': back})}"
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)


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
