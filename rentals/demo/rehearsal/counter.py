"""The steps at the station's tablet: handing over, taking back, preparing."""

import re
from collections.abc import Callable

from rentals.demo.people import DOMAIN
from rentals.demo.places import STATIONS
from rentals.demo.rehearsal.props import photograph, signature
from rentals.demo.rehearsal.story import Cast, Story, sign_in
from rentals.demo.rehearsal.visitor import RehearsalError, Visitor

MOST_STEPS = 14
DAMAGE_AMOUNT = 200_000
LAST_ODOMETER = re.compile(r"(?:Lần ghi trước|Khi giao): ([\d.]+)")


def pick_up(story: Story, cast: Cast) -> str:
    """Find the booking at the station, walk through every step, sign, give the keys."""
    staff = cast.staff
    sign_in(staff, f"attendant-{story.station_code or station_code_of(story, cast)}@{DOMAIN}", "/station/")
    if "/choose/" in staff.path:
        form = staff.form("station")
        choice = next(code for code in form.choices["station"] if code.lower() == story.station_code)
        staff.send(form, {"station": choice})
    scan(story, staff)
    if "/handovers/" not in staff.path:
        staff.send(staff.form(action="/handover/"))
    seen: list[str] = []
    for _ in range(MOST_STEPS):
        step = staff.path.rstrip("/").rsplit("/", 1)[-1]
        if step == story.booking_code:
            return " → ".join(dict.fromkeys(seen))
        seen.append(step)
        PICKUP[step](story, staff)
    raise RehearsalError(f"the handover did not end: {seen}")


def scan(story: Story, staff: Visitor) -> None:
    """Type the booking's code, as the camera would."""
    staff.open("/station/scan/")
    staff.send(staff.form("code"), {"code": story.booking_code})


def station_code_of(story: Story, cast: Cast) -> str:
    """Find the station's code by its slug, as the demo's logins are named by it."""
    story.station_code = next(fact.code for fact in STATIONS if fact.slug == story.station_slug).lower()
    return story.station_code


def tick_all(staff: Visitor, name: str, **values: object) -> None:
    form = staff.form(name)
    staff.send(form, {name: form.choices[name], **values})


def _papers(_story: Story, staff: Visitor) -> None:
    tick_all(staff, "compared")


def _checklist(_story: Story, staff: Visitor) -> None:
    tick_all(staff, "checked")


def _photos(_story: Story, staff: Visitor) -> None:
    form = next(form for form in staff.forms if form.files)
    stage = "return" if "/returns/" in staff.path else "pickup"
    colour = (200, 208, 220) if stage == "return" else (214, 224, 218)
    files = {
        name: (f"{name}.jpg", photograph(f"{stage} {name}", colour), "image/jpeg") for name in form.files
    }
    staff.send(form, files=files)


def _readings(_story: Story, staff: Visitor) -> None:
    form = staff.form("odometer_km", "battery_percent")
    is_return = "/returns/" in staff.path
    found = LAST_ODOMETER.search(staff.text)
    if found is None:
        raise RehearsalError("the page does not say the last odometer reading")
    odometer = int(found[1].replace(".", "")) + (23 if is_return else 0)
    values: dict[str, object] = {"odometer_km": odometer, "battery_percent": 71 if is_return else 96}
    if "checked" in form.names:
        values["checked"] = form.choices["checked"]
    staff.send(form, values)


def _no_damage(_story: Story, staff: Visitor) -> None:
    staff.send(staff.form(action="/complete/"))


def _new_damage(_story: Story, staff: Visitor) -> None:
    """Mark one scratch with its photo and price, once; then go on."""
    if "/remove/" not in staff.text:
        form = staff.form("charge_amount", "upload")
        part = next(choice for choice in form.choices["pins_part"] if choice)
        values = {
            "pins_part": part,
            "kind": "scratch",
            "note": "Vết xước dài 4 cm",
            "charge_amount": DAMAGE_AMOUNT,
        }
        staff.send(form, values, {"upload": ("scratch.jpg", photograph("scratch"), "image/jpeg")})
    staff.open(staff.link("/charges/"))


def _contract(story: Story, staff: Visitor) -> None:
    image, strokes = signature()
    form = staff.form("renter_signature", "staff_signature")
    staff.send(
        form,
        {
            "renter_signature": image,
            "renter_strokes": strokes,
            "staff_signature": image,
            "staff_strokes": strokes,
        },
    )


def _sure(_story: Story, staff: Visitor) -> None:
    staff.send(staff.form("sure"), {"sure": "on"})


def _accept(_story: Story, staff: Visitor) -> None:
    image, strokes = signature()
    staff.send(staff.form("signature", "strokes"), {"signature": image, "strokes": strokes})


Action = Callable[[Story, Visitor], None]
PICKUP: dict[str, Action] = {
    "papers": _papers,
    "checklist": _checklist,
    "photos": _photos,
    "readings": _readings,
    "damage": _no_damage,
    "contract": _contract,
    "keys": _sure,
}
RETURN: dict[str, Action] = {
    "photos": _photos,
    "readings": _readings,
    "damage": _new_damage,
    "charges": _sure,
    "acceptance": _accept,
}


def bring_back(story: Story, cast: Cast) -> str:
    """Inspect beside the pickup's photos, mark a scratch, settle line by line, sign."""
    staff = cast.staff
    scan(story, staff)
    if "/returns/" not in staff.path:
        staff.send(staff.form(action="/return/"))
    seen: list[str] = []
    for _ in range(MOST_STEPS):
        step = staff.path.rstrip("/").rsplit("/", 1)[-1]
        seen.append(step)
        if step == "done":
            return " → ".join(dict.fromkeys(seen))
        RETURN[step](story, staff)
    raise RehearsalError(f"the return did not end: {seen}")


def prepare(story: Story, cast: Cast) -> str:
    """Bring the vehicle through its checklist back to ready."""
    staff = cast.staff
    staff.open(staff.link("/prepare/"))
    tick_all(staff, "checked", battery_percent=100)
    return staff.heading
