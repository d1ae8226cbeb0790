"""How often the API and the forms may be used, and how the API describes itself."""

from typing import Any

# By the name that a view gives its throttle.
THROTTLE_RATES = {
    "anon": "60/min",
    "user": "240/min",
    "sign-in": "10/min",
    "hold": "20/min",
    "quote": "60/min",
    # Tries of a promotion code; look-ups of renters at the counter.
    "promotion": "30/hour",
    "people": "100/hour",
    "calendar": "120/hour",
    # What one tablet sends: a queue of two hundred commands, and photographs in pieces of 256 KiB.
    "sync": "300/min",
    "sync_file": "3000/min",
    # PINs that one tablet tries; all that its lock screen asks; PINs that one person sets.
    "unlock": "20/min",
    "lock": "120/min",
    "pin": "20/hour",
    # One-time codes that are asked for or tried; files handed in at the public check.
    "code": "60/hour",
    "check": "30/hour",
    # Consents and photographs of papers; what one asks about one's own data.
    "papers": "60/hour",
    # Starts of payments, which call a provider, and their ends.
    "payments": "60/hour",
    # Decisions of one reviewer on a tablet.
    "reviews": "600/hour",
    "privacy": "30/hour",
    # One counter's cash, on a busy day.
    "cash": "600/hour",
    # Steps in the yard: bays, plugs, tickets, transfers.
    "yard": "600/hour",
    # A bag now and then: whoever tries amounts would learn what lies in the drawer.
    "drops": "12/hour",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "VoltGo API",
    "DESCRIPTION": "Find, quote, hold, pay and follow a rental.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # The page's script and style come from our own static files: it works offline and under our policy.
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/static/favicon.svg",
}


def rest_framework(*, proxies: int) -> dict[str, Any]:
    """Return the settings of Django REST framework; so many proxies stand before the portal."""
    return {
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "voltgo.core.api.authentication.SessionAuthentication",
            "accounts.users.authentication.TokenAuthentication",
        ],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
        "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
        "DEFAULT_PAGINATION_CLASS": "voltgo.core.api.pagination.Pages",
        "DEFAULT_THROTTLE_CLASSES": [
            "rest_framework.throttling.AnonRateThrottle",
            "rest_framework.throttling.UserRateThrottle",
        ],
        "DEFAULT_THROTTLE_RATES": THROTTLE_RATES,
        "EXCEPTION_HANDLER": "voltgo.core.api.problems.exception_handler",
        "PAGE_SIZE": 20,
        "NUM_PROXIES": proxies,
    }
