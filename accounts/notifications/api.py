"""The mobile API of messages: which topics come by which channel, quiet hours, and devices for pushes."""

from datetime import time
from typing import Any, cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.notifications.enums import Channel, Topic
from accounts.notifications.kinds import is_locked, is_offered
from accounts.notifications.selectors import Quiet, choices_of, quiet_of, topics_for
from accounts.notifications.services import register_device, revoke_device, save_choices
from accounts.users.models import ApiToken, User
from voltgo.core.errors import NotFound


class ChoiceOutput(serializers.Serializer[Any]):
    """One topic on one channel. What is locked is sent whatever one chooses."""

    topic = serializers.ChoiceField(choices=Topic.choices)
    channel = serializers.ChoiceField(choices=Channel.choices)
    is_wanted = serializers.BooleanField()
    is_locked = serializers.BooleanField()


class ChoiceInput(serializers.Serializer[Any]):
    topic = serializers.ChoiceField(choices=Topic.choices)
    channel = serializers.ChoiceField(choices=Channel.choices)
    is_wanted = serializers.BooleanField()


class QuietHoursField(serializers.Serializer[Any]):
    """From when to when SMS and pushes wait, in Vietnam's time; the start may be after the end."""

    starts_at = serializers.TimeField(format="%H:%M", input_formats=["%H:%M"])
    ends_at = serializers.TimeField(format="%H:%M", input_formats=["%H:%M"])


class PreferencesOutput(serializers.Serializer[Any]):
    choices = ChoiceOutput(many=True)
    quiet_hours = QuietHoursField(allow_null=True)


class PreferencesInput(serializers.Serializer[Any]):
    """What is not named keeps its value; null for quiet hours means none."""

    choices = ChoiceInput(many=True, required=False, default=list)
    quiet_hours = QuietHoursField(allow_null=True, required=False)


class DeviceInput(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=255)
    platform = serializers.ChoiceField(choices=["android", "ios", "web"], required=False, default="")


class DeviceOutput(serializers.Serializer[Any]):
    platform = serializers.CharField()
    created_at = serializers.DateTimeField()


class DeviceToken(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=255)


class Preferences(APIView):
    """Which topics come by which channel, and the quiet hours."""

    @extend_schema(responses=PreferencesOutput)
    def get(self, request: Request) -> Response:
        return Response(_preferences(cast("User", request.user)))

    @extend_schema(request=PreferencesInput, responses=PreferencesOutput)
    def put(self, request: Request) -> Response:
        form = PreferencesInput(data=request.data)
        form.is_valid(raise_exception=True)
        user, data = cast("User", request.user), form.validated_data
        wanted = {(each["topic"], each["channel"]): each["is_wanted"] for each in data["choices"]}
        quiet = _quiet(data["quiet_hours"]) if "quiet_hours" in data else None
        save_choices(user=user, wanted=wanted, quiet=quiet)
        return Response(_preferences(user))


class Devices(APIView):
    """The devices that pushes may go to."""

    @extend_schema(request=DeviceInput, responses={201: DeviceOutput})
    def post(self, request: Request) -> Response:
        form = DeviceInput(data=request.data)
        form.is_valid(raise_exception=True)
        api_token = request.auth if isinstance(request.auth, ApiToken) else None
        device = register_device(user=cast("User", request.user), api_token=api_token, **form.validated_data)
        return Response(DeviceOutput(device).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=DeviceToken, responses={204: None})
    def delete(self, request: Request) -> Response:
        form = DeviceToken(data=request.data)
        form.is_valid(raise_exception=True)
        if not revoke_device(user=cast("User", request.user), token=form.validated_data["token"]):
            raise NotFound
        return Response(status=status.HTTP_204_NO_CONTENT)


def _preferences(user: User) -> dict[str, Any]:
    topics, quiet = topics_for(user), quiet_of(user)
    choices = [
        {"topic": topic, "channel": channel, "is_wanted": is_wanted, "is_locked": is_locked(topic, channel)}
        for (topic, channel), is_wanted in choices_of(user).items()
        if topic in topics and is_offered(topic, channel)
    ]
    hours = {"starts_at": _time(quiet.starts_minute), "ends_at": _time(quiet.ends_minute)}
    return dict(PreferencesOutput({"choices": choices, "quiet_hours": hours if quiet.is_on else None}).data)


def _quiet(hours: dict[str, time] | None) -> Quiet:
    if hours is None:
        return Quiet(0, 0)
    starts, ends = hours["starts_at"], hours["ends_at"]
    return Quiet(starts.hour * 60 + starts.minute, ends.hour * 60 + ends.minute)


def _time(minute: int) -> time:
    return time(*divmod(minute, 60))
