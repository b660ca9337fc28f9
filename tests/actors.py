"""Who uses the portal in tests: a debtor's and a clerk's browser, forms filled as a person would."""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from portal.web.edge import PortalFlask


@dataclass
class FormFound:
    action: str
    method: str
    fields: dict[str, str]
    choices: dict[str, list[str]]


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[FormFound] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {k: v or "" for k, v in attrs}
        if tag == "form":
            self.forms.append(FormFound(got.get("action", ""), got.get("method", "get"), {}, {}))
        if not self.forms:
            return
        form, name = self.forms[-1], got.get("name", "")
        if tag == "select":
            self._select = name
        if tag == "option" and self._select:
            form.choices.setdefault(self._select, []).append(got.get("value", ""))
            if "selected" in got:
                form.fields[self._select] = got.get("value", "")
        if tag in {"input", "textarea", "button"} and name:
            kind = got.get("type", "text")
            if kind in {"radio", "checkbox"}:
                form.choices.setdefault(name, []).append(got.get("value", "on"))
                if "checked" not in got:
                    return
            if tag == "button" or kind == "submit":
                form.choices.setdefault(name, []).append(got.get("value", ""))
                return
            form.fields[name] = got.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


def forms_of(html: str) -> list[FormFound]:
    parser = _Forms()
    parser.feed(html)
    return parser.forms


class Browser:
    """A test client that fetches pages, finds their forms and sends them with what a person types."""

    def __init__(self, app: PortalFlask, base_url: str = "http://portal.test") -> None:
        self.app, self.base_url = app, base_url
        self.client: FlaskClient = app.test_client()
        self.page: TestResponse | None = None

    @property
    def text(self) -> str:
        assert self.page is not None
        return self.page.get_data(as_text=True)

    @property
    def status(self) -> int:
        assert self.page is not None
        return self.page.status_code

    @property
    def path(self) -> str:
        assert self.page is not None
        return str(self.page.request.path)

    def get(self, path: str, *, follow: bool = True, **kwargs: Any) -> TestResponse:
        path = path.removeprefix(self.base_url)
        self.page = self.client.get(path, base_url=self.base_url, follow_redirects=follow, **kwargs)
        return self.page

    def form(self, containing: str) -> FormFound:
        """The form whose action ends with (or contains) `containing`."""
        found = [f for f in forms_of(self.text) if containing in f.action]
        assert found, f"no form to {containing!r} on {self.path}: {[f.action for f in forms_of(self.text)]}"
        return found[0]

    def submit(self, containing: str, *, follow: bool = True, **typed: Any) -> TestResponse:
        """Sends the form whose action contains `containing`, hidden fields as they are on the page."""
        form = self.form(containing)
        return self.post(form.action, {**form.fields, **typed}, follow=follow)

    def post(self, path: str, data: dict[str, Any], *, follow: bool = True, **kwargs: Any) -> TestResponse:
        headers = {"Origin": self.base_url, "Referer": self.base_url + "/"}
        self.page = self.client.post(
            path, data=data, base_url=self.base_url, follow_redirects=follow, headers=headers, **kwargs
        )
        return self.page

    def csrf(self) -> str:
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.text)
        assert found, f"no csrf token on {self.path}"
        return found[1]


class Debtor(Browser):
    """A debtor's browser."""

    def enter(self, url: str, fact: str) -> TestResponse:
        """Opens the link and passes the gate with `fact`."""
        self.get(url)
        return self.submit("/gate", fact=fact)


class People:
    """Staff of a creditor, signed in each in a browser of their own."""

    def __init__(self, app: PortalFlask) -> None:
        self.app = app

    def browser(self) -> Browser:
        return Browser(self.app)

    def signed_in(self, email: str, password: str) -> Browser:
        browser = self.browser()
        browser.get("/c/login")
        browser.submit("/c/login", email=email, password=password)
        assert browser.status == 200, browser.status
        return browser
