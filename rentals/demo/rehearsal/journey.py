"""The steps of the journey, from search to receipt, each as a person would click it."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rentals.demo.logins import ADMIN_EMAIL
from rentals.demo.people import DOMAIN
from rentals.demo.rehearsal.counter import bring_back, pick_up, prepare
from rentals.demo.rehearsal.props import photograph
from rentals.demo.rehearsal.story import Cast, Step, Story, sign_in, wait_until
from rentals.demo.rehearsal.visitor import RehearsalError, Visitor
from voltgo.core import clock

NEW_PASSWORD = "a-rehearsal-in-november"  # noqa: S105 (an account that exists for one run)
HALF_HOUR = timedelta(minutes=30)
RENTAL_LENGTH = timedelta(hours=3)
PHOTOGRAPHED: Mapping[str, tuple[str, ...]] = {
    "citizen_card": ("front", "back"),
    "driving_licence": ("front", "back"),
    "selfie": ("front",),
}


# --- The renter finds, signs up, shows papers ---------------------------------------------------
def search(story: Story, cast: Cast) -> str:
    """Look for a scooter from the next half hour on, at a station that never closes."""
    now = clock.local(clock.now())
    past = timedelta(minutes=now.minute % 30, seconds=now.second, microseconds=now.microsecond)
    start = now - past + HALF_HOUR
    end = start + RENTAL_LENGTH
    renter = cast.renter.open("/")
    form = renter.form("where", "from_day", "to_time")
    values = {
        "where": next(choice for choice in form.choices["where"] if "ho-chi-minh" in choice),
        "from_day": f"{start:%Y-%m-%d}",
        "from_time": f"{start:%H:%M}",
        "to_day": f"{end:%Y-%m-%d}",
        "to_time": f"{end:%H:%M}",
        "kind": "scooter",
    }
    renter.send(form, values)
    stations = renter.links("/stations/")
    for address in stations:
        if len(urlsplit(address).path.strip("/").split("/")) != 2:
            continue
        renter.open(address)
        if models := renter.links("/models/"):
            break
    else:
        raise RehearsalError("no station has a scooter ready now")
    story.station_slug = urlsplit(renter.url).path.strip("/").split("/")[1]
    renter.open(models[0])
    return f"{renter.heading} – {story.station_slug}, {start:%H:%M}–{end:%H:%M}"


def quote(story: Story, cast: Cast) -> str:
    """Ask for the exact price."""
    renter = cast.renter
    renter.send(renter.form("station", "model", action="/quotes/"))
    story.quote_path = renter.path
    if "₫" not in renter.text:
        raise RehearsalError("the quote names no price")
    return f"{renter.heading} {story.quote_path}"


def sign_up(story: Story, cast: Cast) -> str:
    """Create an account from the quote and come back to it."""
    renter = cast.renter
    renter.open(renter.link("/signup/"))
    papers = story.papers
    values = {
        "full_name": papers.full_name,
        "phone": papers.phone,
        "email": papers.email,
        "password1": NEW_PASSWORD,
    }
    renter.send(renter.form("email", "password1"), values)
    if renter.path != story.quote_path:
        raise RehearsalError(f"the quote did not survive the sign-up: {renter.url}")
    return papers.email


def show_papers(story: Story, cast: Cast) -> str:
    """Agree to the check, photograph both papers and a face, and wait until all of it is read."""
    renter = cast.renter
    for kind, sides in PHOTOGRAPHED.items():
        renter.open(f"/account/identity/{kind}/?next={story.quote_path}")
        if "/consent/" in renter.path:
            renter.send(renter.form("identity", "identity_version"), {"identity": "on"})
        files = {
            side: (f"{side}.jpg", photograph(f"{kind} {side} {story.papers.number}"), "image/jpeg")
            for side in sides
        }
        renter.send(renter.form(*sides), files=files)
    seconds = wait_until("the reading of the papers", lambda: not _standing(renter)["is_reading"])
    return f"citizen card, driving licence and selfie, read after {seconds:.1f} s"


def _standing(renter: Visitor) -> dict[str, Any]:
    renter.open("/account/identity/status/")
    standing: dict[str, Any] = json.loads(renter.text)
    return standing


def approve_papers(story: Story, cast: Cast) -> str:
    """Read the photographs and approve both, as an operator in the admin."""
    operator = cast.operator
    sign_in(operator, ADMIN_EMAIL, "/admin/")
    papers = story.papers
    listing = f"/admin/accounts/identitydocument/?q={papers.email}"
    operator.open(listing)
    pages = [link for link in operator.links("/admin/accounts/identitydocument/") if "/change/" in link]
    if len(pages) != len(PHOTOGRAPHED):
        raise RehearsalError(f"the operator sees {len(pages)} papers of the renter")
    approved = 0
    for page in pages:
        # The selfie waits for the counter, where somebody stands before the person.
        if not any({"number", "born_on"} <= form.names for form in operator.open(page).forms):
            continue
        form = operator.form("number", "full_name", "born_on")
        approved += 1
        values: dict[str, object] = {
            "decision": "approve",
            "number": papers.number,
            "full_name": papers.full_name,
            "born_on": f"{papers.born_on:%d/%m/%Y}",
            "issued_on": f"{papers.issued_on:%d/%m/%Y}",
            "expires_on": f"{papers.expires_on:%d/%m/%Y}",
        }
        if "licence_classes" in form.names:
            values["licence_classes"] = ["A", "B"]
        operator.send(form, values)
    if approved != 2:
        raise RehearsalError(f"{approved} papers waited for a person instead of 2")
    return "two papers approved"


# --- Hold, pay, contract ------------------------------------------------------------------------
def hold(story: Story, cast: Cast) -> str:
    """Hold the vehicle at the quoted price."""
    renter = cast.renter.open(story.quote_path)
    renter.send(renter.form(action="/hold/"))
    if "/payments/" not in renter.path:
        raise RehearsalError(f"holding led to {renter.path}: {renter.heading}")
    return "held for 15 minutes"


def pay(story: Story, cast: Cast) -> str:
    """Pay on the provider's page; only its own message confirms."""
    renter = cast.renter
    renter.send(renter.form(action="/start/"), {"method": "vnpay"})
    renter.send(renter.form("token", "outcome"), {"outcome": "success"})
    if not renter.path.startswith("/payments/"):
        raise RehearsalError(f"the payer did not come back: {renter.url}")
    story.booking_code = next(
        urlsplit(link).path.strip("/").split("/")[1] for link in renter.links("/bookings/VG-")
    )
    seconds = wait_until(
        "the confirmation",
        lambda: _has_contract(story, cast),
    )
    return f"{story.booking_code} confirmed, contract drawn up {seconds:.1f} s later"


def _booking_page(story: Story, cast: Cast) -> Visitor:
    return cast.renter.open(f"/bookings/{story.booking_code}/")


def _has_contract(story: Story, cast: Cast) -> bool:
    return bool(_booking_page(story, cast).links("/contracts/"))


def read_contract(story: Story, cast: Cast) -> str:
    """Read the contract before signing it."""
    renter = _booking_page(story, cast)
    renter.open(renter.link("/contracts/"))
    return renter.heading


# --- What the renter keeps ----------------------------------------------------------------------
def keep_documents(story: Story, cast: Cast) -> str:
    """Download the signed contract and the receipt."""
    renter = cast.renter
    wait_until("the signed contract", lambda: _is_signed(story, cast))
    name = f"{story.booking_code}-contract.pdf"
    story.contract_file = save_pdf(renter, _signed_copy(story, cast), story.folder / name)
    wait_until("the receipt", lambda: renter.status_of(_receipt(story, cast)) == HTTPStatus.OK)
    name = f"{story.booking_code}-receipt.pdf"
    story.receipt_file = save_pdf(renter, _receipt(story, cast), story.folder / name)
    return "both downloaded by their owner"


def _is_signed(story: Story, cast: Cast) -> bool:
    """Tell whether the signed copy is there: until its job is done the page serves what was signed."""
    address = _signed_copy(story, cast)
    if not address:
        return False
    unsigned = cast.renter.open(f"{address}?copy=unsigned").content
    return cast.renter.open(address).content != unsigned


def _receipt(story: Story, cast: Cast) -> str:
    return _booking_page(story, cast).link("/receipts/")


def _signed_copy(story: Story, cast: Cast) -> str:
    """Return the address of the signed copy once there is one beside the unsigned one."""
    page = _booking_page(story, cast)
    page.open(page.link("/contracts/"))
    if not page.links("copy=unsigned"):
        return ""
    return next(link for link in page.links("/pdf/") if "unsigned" not in link)


def save_pdf(visitor: Visitor, address: str, path: Path) -> Path:
    content = visitor.open(address).content
    if not content.startswith(b"%PDF-"):
        raise RehearsalError(f"{address} is no PDF")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def a_stranger_sees_nothing(story: Story, cast: Cast) -> str:
    """Ask for the same pages as somebody else."""
    with Visitor(story.base_url) as stranger:
        sign_in(stranger, f"anh@{DOMAIN}", "/bookings/")
        for address in (f"/bookings/{story.booking_code}/",):
            status = stranger.status_of(address)
            if status != HTTPStatus.NOT_FOUND:
                raise RehearsalError(f"a stranger got {status} at {address}")
    return "404"


STEPS: tuple[Step, ...] = (
    Step("search", search),
    Step("quote", quote),
    Step("sign up", sign_up),
    Step("show papers", show_papers),
    Step("papers approved", approve_papers),
    Step("hold", hold),
    Step("pay", pay),
    Step("read contract", read_contract),
    Step("pick up", pick_up),
    Step("bring back", bring_back),
    Step("prepare vehicle", prepare),
    Step("contract and receipt", keep_documents),
    Step("a stranger asks", a_stranger_sees_nothing),
)


def play(story: Story) -> Iterator[tuple[str, str, float]]:
    """Play every step; yield (title, what was seen, seconds)."""
    cast = Cast(story.base_url)
    try:
        for step in STEPS:
            started = time.monotonic()
            seen = step.play(story, cast)
            yield step.title, seen, time.monotonic() - started
    finally:
        cast.leave()
