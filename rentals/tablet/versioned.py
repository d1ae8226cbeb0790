"""Says with each document of the app which version of it this is, so that the worker can tell ours from a stranger's."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse

from rentals.tablet import assets

HEADER = "X-App-Version"

Params = ParamSpec("Params")
View = Callable[Concatenate[HttpRequest, Params], HttpResponse]


def versioned(view: View[Params]) -> View[Params]:
    """Name the app's version in every answer of a view, a refusal too."""

    @wraps(view)
    def named(request: HttpRequest, /, *args: Params.args, **kwargs: Params.kwargs) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response.headers[HEADER] = assets.version()
        return response

    return named
