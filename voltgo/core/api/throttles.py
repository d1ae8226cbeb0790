"""Rates beyond the two defaults; the numbers stand in settings.REST_FRAMEWORK."""

from rest_framework.throttling import AnonRateThrottle, UserRateThrottle


class SignInThrottle(AnonRateThrottle):
    """Slows down guessing of passwords: counted by address, whoever claims to sign in."""

    scope = "sign-in"


class PromotionThrottle(UserRateThrottle):
    """Slows down guessing of promotion codes."""

    scope = "promotion"


class HoldThrottle(UserRateThrottle):
    """Keeps one person from holding the whole fleet."""

    scope = "hold"


class PapersThrottle(UserRateThrottle):
    """Photographs are decoded in the web process: a person sends some, not hundreds."""

    scope = "papers"
