"""The form of how a person wants to be told."""

from dataclasses import dataclass
from datetime import time
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from accounts.notifications.enums import Channel, Topic
from accounts.notifications.kinds import always_mailed, is_locked, is_offered
from accounts.notifications.quiet import DEFAULT_END, DEFAULT_START
from accounts.notifications.selectors import Quiet, choices_of, quiet_of, topics_for
from accounts.notifications.wording import COVERS
from accounts.users.models import User


@dataclass(frozen=True, slots=True)
class Cell:
    """One topic on one channel: a box to tick, or always on, or not offered."""

    channel: StrOrPromise
    field: BoundField | None = None
    is_locked: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One topic with its channels, and what of it is mailed in any case."""

    topic: StrOrPromise
    covers: StrOrPromise
    cells: list[Cell]
    always: list[StrOrPromise]


class ChoicesForm(forms.Form):
    """Topics by channels as boxes, and the quiet hours."""

    is_quiet = forms.BooleanField(label=_("Không gửi SMS và thông báo vào giờ nghỉ"), required=False)
    quiet_from = forms.TimeField(label=_("Từ"), required=False)
    quiet_to = forms.TimeField(label=_("Đến"), required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.topics = topics_for(user)
        self.channels = [Channel(value) for value in Channel.values]
        chosen, quiet = choices_of(user), quiet_of(user)
        for topic, channel in self._pairs():
            label = f"{Topic(topic).label}: {Channel(channel).label}"
            box = forms.BooleanField(label=label, required=False, initial=chosen[topic, channel])
            self.fields[_name(topic, channel)] = box
        shown = quiet if quiet.is_on else Quiet(DEFAULT_START, DEFAULT_END)
        self.fields["is_quiet"].initial = quiet.is_on
        for name, minute in (("quiet_from", shown.starts_minute), ("quiet_to", shown.ends_minute)):
            field = self.fields[name]
            field.initial = time(*divmod(minute, 60))
            field.widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")

    def _pairs(self) -> list[tuple[str, str]]:
        """Return what may be chosen."""
        return [
            (topic, channel)
            for topic in self.topics
            for channel in self.channels
            if is_offered(topic, channel) and not is_locked(topic, channel)
        ]

    @property
    def rows(self) -> list[Row]:
        return [
            Row(
                topic=Topic(topic).label,
                covers=COVERS[topic],
                cells=[self._cell(topic, channel) for channel in self.channels],
                always=[kind.label for kind in always_mailed(topic)],
            )
            for topic in self.topics
        ]

    def _cell(self, topic: str, channel: Channel) -> Cell:
        name = _name(topic, channel)
        return Cell(
            channel.label, self[name] if name in self.fields else None, is_locked=is_locked(topic, channel)
        )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not data.get("is_quiet") or self.errors:
            return data
        for name in ("quiet_from", "quiet_to"):
            if data.get(name) is None:
                self.add_error(name, _("Nhập giờ, ví dụ 22:00."))
        if not self.errors and data["quiet_from"] == data["quiet_to"]:
            self.add_error("quiet_to", _("Giờ bắt đầu và giờ kết thúc phải khác nhau."))
        return data

    @property
    def wanted(self) -> dict[tuple[str, str], bool]:
        return {
            (topic, channel): self.cleaned_data[_name(topic, channel)] for topic, channel in self._pairs()
        }

    @property
    def quiet(self) -> Quiet:
        """Return the hours that were chosen; midnight to midnight for none."""
        if not self.cleaned_data["is_quiet"]:
            return Quiet(0, 0)
        return Quiet(_minute(self.cleaned_data["quiet_from"]), _minute(self.cleaned_data["quiet_to"]))


def _name(topic: str, channel: str) -> str:
    return f"{topic}-{channel}"


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute
