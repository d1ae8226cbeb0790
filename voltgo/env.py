"""Typed readers for environment variables that fail loudly, all at once, and name the cure."""

import os
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off"}


class Environment:
    """Reads variables and collects every complaint, so that one start shows all that is missing."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables
        self._complaints: list[str] = []

    def text(self, name: str, default: str | None = None, *, cure: str = "") -> str:
        value = self._variables.get(name, "").strip()
        if value:
            return value
        if default is None:
            self._complaints.append(f"{name} is not set. {cure}".strip())
            return ""
        return default

    def flag(self, name: str, *, default: bool = False) -> bool:
        value = self._variables.get(name, "")
        word = value.strip().lower()
        if not word:
            return default
        if word not in TRUE_WORDS | FALSE_WORDS:
            self._complaints.append(f"{name}={value!r} is neither yes nor no. Write 1 or 0.")
        return word in TRUE_WORDS

    def number(self, name: str, default: int) -> int:
        value = self._variables.get(name, "").strip()
        if not value:
            return default
        try:
            return int(value)
        except ValueError:
            self._complaints.append(f"{name}={value!r} is not a whole number.")
            return default

    def words(self, name: str, default: str | None = "", *, cure: str = "") -> list[str]:
        return [word.strip() for word in self.text(name, default, cure=cure).split(",") if word.strip()]

    def folder(self, name: str, default: Path) -> Path:
        value = self._variables.get(name, "").strip()
        return Path(value).expanduser().resolve() if value else default

    def check(self) -> None:
        """Raise one error that names every variable at fault and its cure."""
        if self._complaints:
            listed = "\n".join(f"  - {complaint}" for complaint in self._complaints)
            raise ImproperlyConfigured(
                f"The environment is incomplete:\n{listed}\n"
                "See .env.example for every variable. On a laptop bin/up sets them; leave it running."
            )
