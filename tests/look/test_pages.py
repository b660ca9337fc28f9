"""Every page of the samples, in both languages, read as a browser and a screen reader read it."""

import re
from typing import Any

import css_inline
import pytest
from jinja2 import Environment, UndefinedError
from lxml import etree, html

from tests.look import samples_debtor, samples_imports, samples_staff
from tests.look.rendering import STATIC, environment, render

DEBTOR = samples_debtor.all_pages()
STAFF = samples_staff.all_pages() + samples_imports.all_pages()
ENVIRONMENTS = {lang: environment(lang) for lang in ("it", "en")}
# Rule C-21, the words that no stranger may read over a shoulder.
LOUD = re.compile(
    "debit|insolut|moros|mora|sollecit|scadut|recuper|urgent|ingiun|debt|overdue|unpaid|collect|due|amount",
    re.IGNORECASE,
)
FIRST_VIEWS = ("gate", "home", "home-several", "receipt", "pay")

every_page = pytest.mark.parametrize("lang", ENVIRONMENTS)
every_sample = pytest.mark.parametrize(
    ("template", "context"), [(t, c) for _, t, c in DEBTOR + STAFF], ids=[name for name, _, _ in DEBTOR + STAFF]
)


def sample(name: str) -> tuple[str, dict[str, Any]]:
    return next((template, context) for found, template, context in DEBTOR + STAFF if found == name)


def page(lang: str, template: str, context: dict[str, Any]) -> html.HtmlElement:
    return html.document_fromstring(render(ENVIRONMENTS[lang], template, context, lang=lang))


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


@every_page
@every_sample
def test_page_is_sound(lang: str, template: str, context: dict[str, Any]) -> None:
    found = page(lang, template, context)
    assert found.get("lang") == lang
    assert len(found.xpath("//h1")) == 1
    assert len(found.xpath("//main[@id='main']")) == 1
    title = found.findtext(".//title")
    assert title.strip()
    assert title.startswith({"it": "Errore:", "en": "Error:"}[lang]) is bool(context["errors"])
    ids = found.xpath("//@id")
    assert len(ids) == len(set(ids))
    for form in found.xpath("//form[@method='post']"):
        assert form.xpath(".//input[@name='csrf_token' and @value='token']"), etree.tostring(form)


@every_page
@every_sample
def test_page_can_be_heard(lang: str, template: str, context: dict[str, Any]) -> None:
    found = page(lang, template, context)
    ids = set(found.xpath("//@id"))
    for control in found.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        named = control.xpath("ancestor::label") or found.xpath(f"//label[@for='{control.get('id')}']")
        assert control.get("aria-label") or words(named[0])
    for described in found.xpath("//@aria-describedby"):
        assert set(described.split()) <= ids
    for action in found.xpath("//a | //button"):
        assert words(action), etree.tostring(action)
    for link in found.xpath("//a"):
        assert link.get("href"), etree.tostring(link)
    assert all(image.get("alt") is not None for image in found.xpath("//img"))


@every_page
@pytest.mark.parametrize(
    ("template", "context"),
    [(t, c) for _, t, c in DEBTOR + STAFF if c["errors"]],
    ids=[name for name, _, c in DEBTOR + STAFF if c["errors"]],
)
def test_mistake_stands_beside_its_field_and_on_top(lang: str, template: str, context: dict[str, Any]) -> None:
    found = page(lang, template, context)
    summary = found.xpath("//*[@class='errors']")[0]
    assert summary.get("autofocus") is not None
    for name, sentence in context["errors"]:
        assert found.xpath(f"//*[@id='{name}']")
        assert [words(a) for a in summary.xpath(f".//a[@href='#{name}']")] == [sentence]
        if template != "people/login.html":  # which of the two is wrong is not said there
            assert sentence in words(found.xpath(f"//*[@id='{name}-error']")[0])


@pytest.mark.parametrize("name", ["gate", "gate-wrong", "link-expired", "link-sent", "link-frozen", "not-me"])
def test_before_the_gate_nothing_is_said(name: str) -> None:
    template, context = sample(name)
    found = page("it", template, context)
    creditor = context["creditor"]
    assert creditor["display_name"] not in found.findtext(".//title")
    assert not found.xpath("//meta[starts-with(@property, 'og:') or @name='description']")
    said = etree.tostring(found, encoding="unicode")
    assert creditor["display_name"] in said
    assert creditor["email"] not in said
    assert creditor["contact_name"] not in said
    assert not re.search(r"€|fattura|scaden", words(found.xpath("//h1")[0]), re.IGNORECASE)


@pytest.mark.parametrize("name", FIRST_VIEWS)
def test_first_view_is_light(name: str) -> None:
    template, context = sample(name)
    markup = render(ENVIRONMENTS["it"], template, context)
    sheets = (STATIC / "portal.css").read_bytes() + (STATIC / "favicon.svg").read_bytes()
    assert len(markup.encode()) + len(sheets) <= 30_000


def test_undefined_is_an_error() -> None:
    template, context = sample("home")
    with pytest.raises(UndefinedError):
        render(ENVIRONMENTS["it"], template, {k: v for k, v in context.items() if k != "items"})


def mail(env: Environment, name: str, **more: Any) -> str:
    return render(env, f"messages/caring/{name}", samples_debtor.MAIL, **more)


@every_page
def test_caring_message_is_quiet_and_has_one_link(lang: str) -> None:
    env = ENVIRONMENTS[lang]
    subject = mail(env, "subject.txt")
    assert samples_debtor.CREDITOR["display_name"] in subject
    assert not LOUD.search(subject)
    sent = css_inline.inline(mail(env, "email.html", lang=lang), keep_at_rules=True)
    assert len(sent.encode()) <= 20_000
    found = html.document_fromstring(sent)
    assert {*found.xpath("//@href")} == {samples_debtor.MAIL["link_url"]}
    assert not found.xpath("//img | //script | //link | //@src | //@background")
    assert "url(" not in sent
    assert "prefers-color-scheme: dark" in sent
    assert found.xpath("//a[@class='button']/@style")


@every_page
def test_caring_message_says_the_same_as_text(lang: str) -> None:
    text = mail(ENVIRONMENTS[lang], "email.txt")
    marked = words(html.document_fromstring(mail(ENVIRONMENTS[lang], "email.html")).body)
    assert samples_debtor.MAIL["link_url"] in text
    assert "<" not in text
    assert "&#" not in text
    for paragraph in (line for line in text.splitlines() if len(line) > 30):
        assert paragraph in marked


@every_page
def test_caring_message_counts(lang: str) -> None:
    env = ENVIRONMENTS[lang]
    assert "3 documen" in mail(env, "email.txt", count=3)
    assert "3 documen" in mail(env, "email.html", count=3)
    assert "1 documen" not in mail(env, "email.txt")
