"""A calendar as RFC 5545 wants it. Times are UTC, so no time zone needs to be described."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from icalendar import Calendar, Event

from rentals.calendars.selectors import Entry

PRODUCT = "-//VoltGo//VoltGo 1//VI"
REFRESH = timedelta(hours=1)


def write(entries: Iterable[Entry], *, name: str) -> bytes:
    """Return a calendar's bytes: lines folded, text escaped; the same entries always give the same bytes."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical())


def _event(entry: Entry) -> Event:
    event = Event()
    event.add("uid", entry.uid)
    # In a calendar that is only read, DTSTAMP says when the information was last revised.
    event.add("dtstamp", _utc(entry.marks.at))
    event.add("dtstart", _utc(entry.starts_at))
    event.add("dtend", _utc(entry.ends_at))
    event.add("created", _utc(entry.created_at))
    event.add("last-modified", _utc(entry.marks.at))
    event.add("sequence", entry.marks.count)
    event.add("summary", entry.summary)
    event.add("status", "CANCELLED" if entry.is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if entry.is_cancelled else "OPAQUE")
    event.add("class", "PRIVATE")
    if entry.description:
        event.add("description", entry.description)
    if entry.station is not None:
        event.add("location", f"{entry.station.name}, {entry.station.address}")
        event.add("geo", (entry.station.latitude, entry.station.longitude))
    if entry.url:
        event.add("url", entry.url)
    return event


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
