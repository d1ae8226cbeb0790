"""Pages about the devices of a station and the PINs of its people."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access.actors import operator_actor
from rentals.handovers.desk import Desk, at_desk, tablet_withdrawn
from rentals.handovers.views.pages import UNPROCESSABLE, page, posted
from rentals.tablet.people_forms import EnrolForm, PinForm, RevokeForm, UnlockForm
from stations.network.models import StaffPost
from stations.tablets import services
from stations.tablets.access import give_cookie, sign_in, tablet_of_request
from stations.tablets.enums import TabletState
from stations.tablets.errors import TabletAlreadyEnrolled, TabletRevoked
from stations.tablets.models import Tablet
from stations.tablets.selectors import has_pin, people_of, tablets_of
from voltgo.core.actors import Actor
from voltgo.core.errors import DomainError
from voltgo.core.throttled import throttled


@require_safe
@at_desk
def tablet_list(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Show a supervisor the station's tablets: when each was heard of, and what waits on it."""
    _manager(desk)
    return _tablet_page(request, desk, EnrolForm())


@require_POST
@at_desk
def tablet_enrol(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Make this very device a tablet of the station: the answer carries the secret that proves it."""
    actor = _manager(desk)
    form = EnrolForm(request.POST)
    if not form.is_valid():
        return _tablet_page(request, desk, form, status=UNPROCESSABLE)
    try:
        if desk.tablet is not None:
            raise TabletAlreadyEnrolled
        enrolment = services.enrol_tablet(
            station=desk.station,
            name=form.cleaned_data["name"],
            user=desk.user,
            user_agent=request.headers.get("User-Agent", ""),
            by=actor,
        )
    except DomainError as error:
        form.add_error("name", str(error))
        return _tablet_page(request, desk, form, status=error.status)
    messages.success(request, _("Đã ghi danh máy này. Mỗi nhân viên dùng máy cần đặt mã PIN."))
    response = redirect("station:tablet-list")
    give_cookie(response, enrolment)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@at_desk
def tablet_revoke(request: HttpRequest, desk: Desk, code: str) -> HttpResponse:
    """Ask why, say what it means, and withdraw a tablet of this station."""
    actor = _manager(desk)
    rows = Tablet.objects.filter(station=desk.station, state=TabletState.ENROLLED).select_related("station")
    tablet = get_object_or_404(rows, code=code)
    form = RevokeForm(posted(request))
    if form.is_valid():
        try:
            services.revoke_tablet(tablet=tablet, reason=form.cleaned_data["reason"], by=actor)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Đã thu hồi máy. Ai đang đăng nhập trên máy đó đã bị đăng xuất."))
            return redirect("station:tablet-list")
    is_this = desk.tablet is not None and desk.tablet.pk == tablet.pk
    context = {"tablet": tablet, "form": form, "is_this": is_this}
    return page(
        request, desk, "station/tablet/revoke.html", context, status=UNPROCESSABLE if form.is_bound else 200
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@at_desk
@throttled("pin")
def pin(request: HttpRequest, desk: Desk) -> HttpResponse:
    """Set one's own PIN, after a full sign-in."""
    form = PinForm(posted(request), request=request, user=desk.user)
    if form.is_valid():
        try:
            services.set_pin(user=desk.user, pin=form.cleaned_data["pin"], by=desk.actor)
        except DomainError as error:
            form.add_error("pin", str(error))
        else:
            messages.success(request, _("Đã đặt mã PIN. Mã dùng được trên mọi máy tính bảng của trạm bạn."))
            return redirect("station:pin")
    context = {"form": form, "has_pin": has_pin(desk.user)}
    return page(
        request, desk, "station/tablet/pin.html", context, status=UNPROCESSABLE if form.is_bound else 200
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def unlock(request: HttpRequest) -> HttpResponse:
    """Ask who stands at the tablet, on a page that works without the app; then go on where they were."""
    try:
        tablet = tablet_of_request(request)
    except TabletRevoked:
        return tablet_withdrawn(request)
    target = _target(request)
    if tablet is None:
        return redirect(target or "station:board")
    people = people_of(tablet.station)
    choices = [(person.id, person.name) for person in people]
    form = UnlockForm(posted(request), people=choices)
    status = UNPROCESSABLE if form.is_bound else 200
    if form.is_valid():
        found = form.cleaned_data
        try:
            sign_in(request, tablet, person=found["person"], pin=found["pin"])
        except DomainError as error:
            form.add_error("pin", _explained(error))
            status = error.status
        else:
            return redirect(target or "station:board")
    context = {"form": form, "people": people, "tablet": tablet, "station": tablet.station, "next": target}
    return render(request, "station/tablet/unlock.html", context, status=status)


def _tablet_page(request: HttpRequest, desk: Desk, form: EnrolForm, *, status: int = 200) -> HttpResponse:
    context = {"tablets": tablets_of(desk.station), "form": form, "this": desk.tablet}
    return page(request, desk, "station/tablet/list.html", context, status=status)


def _manager(desk: Desk) -> Actor:
    """Return who manages the devices of the station; to anybody else there is no such page."""
    if desk.post.role == StaffPost.Role.SUPERVISOR:
        return desk.actor
    if desk.user.is_staff and desk.user.has_perm("stations.change_tablet"):
        return operator_actor(desk.user)
    raise Http404


def _target(request: HttpRequest) -> str:
    target = request.POST.get("next") or request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_ours else ""


def _explained(error: DomainError) -> str:
    left = error.details.get("left")
    return _("%(words)s Còn %(left)d lần thử.") % {"words": error, "left": left} if left else str(error)
