"""What a debtor or a clerk holds in hand: a browser without script, and what it may show before the gate."""

import html
import re
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from portal.simulator.cast import PUBLIC_URL, House, Person

_FORM = re.compile(r"<form\b[^>]*\baction=\"([^\"]*)\"[^>]*>(.*?)</form>", re.DOTALL)
_FIELD = re.compile(r"<(?:input|button|select|option|/select)\b[^>]*>")
_ATTRIBUTE = re.compile(r"\b([a-z]+)(?:=\"([^\"]*)\")?")


@dataclass
class Form:
    """A form on a page: where it leads, its hidden and filled fields, and what can be ticked, by name."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


def forms_of(page: str) -> list[Form]:
    """The forms of a page, in order."""
    found = []
    for action, inside in _FORM.findall(page):
        form, choosing = Form(html.unescape(action)), ""
        for tag in _FIELD.findall(inside):
            got = dict(_ATTRIBUTE.findall(tag))
            if tag.startswith(("<select", "</select")):
                choosing = got.get("name", "")
            elif tag.startswith("<option"):
                form.choices.setdefault(choosing, []).append(html.unescape(got.get("value", "")))
            else:
                _read_field(form, got, is_button=tag.startswith("<button"))
        found.append(form)
    return found


def _read_field(form: Form, got: dict[str, str], *, is_button: bool) -> None:
    name, value = got.get("name", ""), html.unescape(got.get("value", ""))
    if not name:
        return
    if is_button or got.get("type") in {"radio", "checkbox", "submit"}:
        form.choices.setdefault(name, []).append(value)
    else:
        form.fields[name] = value
        if name.endswith("[]"):
            form.choices.setdefault(name, []).append(value)


class NoForm(LookupError):
    """The page has no such form: what somebody wanted to do is not offered."""


class Browser:
    """A test client with the page that it shows. `ip` is where it calls from.

    `entered` once a right fact was typed here, until "Esci": from then on pages behind the gate may speak.
    """

    def __init__(self, app: Any, ip: str, about: "Secrets | None" = None) -> None:
        self._client = app.test_client()
        self._ip, self._about = ip, about
        self.entered = False
        self.page: TestResponse | None = None
        self.bad: list[tuple[str, str]] = []  # invariant, what: seen by this browser and not yet told

    @property
    def text(self) -> str:
        return self.page.get_data(as_text=True) if self.page is not None else ""

    @property
    def path(self) -> str:
        return str(self.page.request.path) if self.page is not None else ""

    @property
    def code(self) -> int:
        return int(self.page.status_code) if self.page is not None else 0

    @property
    def location(self) -> str:
        return str(self.page.headers.get("Location", "")) if self.page is not None else ""

    def get(self, address: str, *, follow: bool = True) -> int:
        return self._open(address, "GET", None, follow)

    def post(self, address: str, data: dict[str, Any], *, follow: bool = True) -> int:
        return self._open(address, "POST", data, follow)

    def form(self, leading_to: str) -> Form:
        """The first form whose action contains these letters; raises NoForm."""
        for form in forms_of(self.text):
            if leading_to in form.action:
                return form
        raise NoForm(f"{leading_to} on {self.path}")

    def submit(self, leading_to: str, *, follow: bool = True, **typed: Any) -> int:
        form = self.form(leading_to)
        return self.post(form.action, {**form.fields, **typed}, follow=follow)

    def _open(self, address: str, method: str, data: dict[str, Any] | None, follow: bool) -> int:
        headers = {} if method == "GET" else {"Origin": PUBLIC_URL, "Referer": f"{PUBLIC_URL}/"}
        path, status = address.removeprefix(PUBLIC_URL), 303
        for _ in range(6):
            self.page = self._client.open(
                path, method=method, data=data, base_url=PUBLIC_URL, headers=headers,
                environ_overrides={"REMOTE_ADDR": self._ip},
            )  # fmt: skip
            status = self.page.status_code
            self._look()
            path = self.location.removeprefix(PUBLIC_URL)
            if not follow or status not in {301, 302, 303} or not path.startswith("/"):
                return status
            method, data, headers = "GET", None, {}
        return status

    def _look(self) -> None:
        if self.code >= 500:
            self.bad.append(("no_page_breaks", f"{self.path} answered {self.code}"))
        inside = self.path.startswith("/d/") and self.entered and self.code not in {403, 404}
        if self._about is None or inside:
            return
        told = next((word for word in self._about.words if word in self.text), None)
        if told is not None:
            self.bad.append(("nothing_personal_before_the_gate", f"{self.path} says {told!r}"))


@dataclass
class Secrets:
    """What no page may say before the gate: who it is, what it is about, how much (rule A-27)."""

    words: set[str]

    @classmethod
    def of(cls, house: House, person: Person) -> "Secrets":
        known = (person.name, person.email, person.vat_number, person.tax_code, house.iban)
        return cls({word for word in known if word})
