"""A visitor without a browser: keeps cookies, reads the forms of a page, fills them in and sends them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx

from voltgo.core.http import TIMEOUT

Files = Mapping[str, tuple[str, bytes, str]]
MOST_REDIRECTS = 8


class RehearsalError(Exception):
    """A page was not what a person would expect at this step."""


@dataclass
class Form:
    """One form of a page: where it goes, and what it would send if nobody touched it."""

    action: str
    method: str
    values: dict[str, list[str]] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    # Every value that a choice offers, by name: options, radio buttons, checkboxes, buttons.
    choices: dict[str, list[str]] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    """Collects forms, links and the heading of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.heading = ""
        self._form: Form | None = None
        self._by_id: dict[str, Form] = {}
        self._select: str | None = None
        self._textarea: str | None = None
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif tag == "a" and given.get("href"):
            self.links.append(given["href"])
        elif tag == "h1":
            self._in_heading = True
        elif self._form is not None:
            self._control(self._form, tag, given)
        if tag == "form" and given.get("id"):
            self._by_id[given["id"]] = self.forms[-1]

    def _control(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "option" and self._select:
            form.choices.setdefault(self._select, []).append(given.get("value", ""))
            if "selected" in given or self._select not in form.values:
                form.values[self._select] = [given.get("value", "")]
        elif not name or "disabled" in given:
            return
        elif tag == "select":
            self._select = name
            form.names.add(name)
        elif tag == "textarea":
            self._textarea = name
            form.names.add(name)
            form.values[name] = [""]
        elif tag in {"input", "button"}:
            self._input(form, tag, name, given)

    def _input(self, form: Form, tag: str, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "submit" if tag == "button" else "text")
        form.names.add(name)
        if kind in {"checkbox", "radio"}:
            value = given.get("value", "on")
            form.choices.setdefault(name, []).append(value)
            if "checked" in given:
                form.values.setdefault(name, []).append(value)
        elif kind == "submit":
            form.choices.setdefault(name, []).append(given.get("value", ""))
        elif kind == "file":
            form.files.append(name)
        else:
            form.values[name] = [given.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._textarea = None
        elif tag == "h1":
            self._in_heading = False

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.heading = f"{self.heading} {data.strip()}".strip()
        elif self._textarea and self._form is not None:
            self._form.values[self._textarea] = [data]


class Visitor:
    """One person at one device. Follows redirects itself, so that every hop is seen."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url.rstrip("/")
        self._client = httpx.Client(
            timeout=TIMEOUT, follow_redirects=False, headers={"Accept-Language": "vi"}
        )
        self.url = self.base_url
        self.response: httpx.Response | None = None
        self._page = _Page()

    def __enter__(self) -> "Visitor":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self) -> None:
        self._client.close()

    @property
    def heading(self) -> str:
        return self._page.heading

    @property
    def text(self) -> str:
        return self.response.text if self.response is not None else ""

    @property
    def content(self) -> bytes:
        return self.response.content if self.response is not None else b""

    @property
    def path(self) -> str:
        return httpx.URL(self.url).path

    @property
    def forms(self) -> list[Form]:
        return self._page.forms

    def open(self, address: str) -> "Visitor":
        """Open a page; anything but success after redirects is an error."""
        return self._go("GET", urljoin(self.url, address))

    def status_of(self, address: str) -> int:
        """Return the status of a page without insisting on success."""
        return self._client.get(urljoin(self.url, address)).status_code

    def link(self, part: str) -> str:
        """Return the first link of the page that contains a text."""
        for href in self._page.links:
            if part in href:
                return urljoin(self.url, href)
        raise RehearsalError(f"no link with {part!r} on {self.url} ({self.heading})")

    def links(self, part: str) -> list[str]:
        return [urljoin(self.url, href) for href in dict.fromkeys(self._page.links) if part in href]

    def form(self, *names: str, action: str = "") -> Form:
        """Return the first form that has all these fields and whose action contains a text."""
        for form in self._page.forms:
            if set(names) <= form.names and action in form.action:
                return form
        raise RehearsalError(f"no form with {names} {action} on {self.url} ({self.heading})")

    def send(
        self, form: Form, values: Mapping[str, Any] | None = None, files: Files | None = None
    ) -> "Visitor":
        """Send a form as a browser would: hidden fields and defaults, changed by `values`."""
        data: dict[str, Any] = {name: list(found) for name, found in form.values.items()}
        for name, value in (values or {}).items():
            data[name] = [str(one) for one in value] if isinstance(value, list | tuple) else str(value)
        target = urljoin(self.url, form.action)
        if form.method == "post":
            return self._go("POST", target, data=data, files=files)
        return self._go("GET", target, params=data)

    def _go(self, method: str, url: str, **options: Any) -> "Visitor":
        headers = {"Referer": self.url}
        for _ in range(MOST_REDIRECTS):
            response = self._client.request(method, url, headers=headers, **options)
            self.url, self.response = str(response.url), response
            if not response.is_redirect:
                break
            headers, options, method = {"Referer": self.url}, {}, "GET"
            url = urljoin(self.url, response.headers["location"])
        else:
            raise RehearsalError(f"too many redirects at {url}")
        if response.status_code >= 400:
            raise RehearsalError(f"{method} {self.url} answered {response.status_code}: {_excerpt(response)}")
        self._page = _Page()
        if "html" in response.headers.get("content-type", ""):
            self._page.feed(response.text)
        return self


def _excerpt(response: httpx.Response) -> str:
    """Return the error summary of a page if there is one, else its heading."""
    page = _Page()
    page.feed(response.text)
    marker = response.text.find('role="alert"')
    return f"{page.heading} {response.text[marker : marker + 600] if marker >= 0 else ''}"
