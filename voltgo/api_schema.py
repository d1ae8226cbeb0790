"""How our two ways to sign in stand in the OpenAPI description."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class SessionScheme(OpenApiAuthenticationExtension):
    """The browser's session cookie; writing also needs the X-CSRFToken header."""

    target_class = "voltgo.core.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "cookie",
            "name": "sessionid",
            "description": "The browser's session. A request that writes also carries X-CSRFToken.",
        }


class TokenScheme(OpenApiAuthenticationExtension):
    """The mobile app's bearer token."""

    target_class = "accounts.users.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}
