"""How the admin looks and what it is made of: the settings of Unfold. Callables are named, not imported."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "VoltGo",
    "SITE_HEADER": "VoltGo",
    "SITE_SYMBOL": "bolt",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {
        # The portal's greys, which lean to green.
        "base": {
            "50": "246 248 246",
            "100": "236 241 238",
            "200": "211 220 215",
            "300": "188 201 194",
            "400": "148 166 157",
            "500": "92 111 102",
            "600": "70 88 79",
            "700": "52 68 60",
            "800": "34 47 41",
            "900": "19 28 24",
            "950": "11 18 15",
        },
        "primary": {
            "50": "236 250 244",
            "100": "209 243 228",
            "200": "166 231 204",
            "300": "95 211 166",
            "400": "52 178 130",
            "500": "17 140 98",
            "600": "10 107 78",
            "700": "8 86 64",
            "800": "8 69 53",
            "900": "7 57 45",
            "950": "3 33 26",
        },
    },
    "SHOW_LANGUAGES": True,
    "DASHBOARD_CALLBACK": "voltgo.admin.dashboard",
    "STYLES": ["voltgo.admin.stylesheet"],
    "SCRIPTS": ["voltgo.admin.script"],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "voltgo.admin.favicon"}],
    "COMMAND": {"search_callback": "voltgo.admin.search"},
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": "voltgo.admin.navigation"},
}
