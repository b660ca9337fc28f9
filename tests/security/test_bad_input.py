"""Whatever is sent: an answer below 500, nothing of it runs or breaks a page, and it is read back as it was (R15)."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from portal.cases.models import Case
from portal.confirmations.models import ReceiptAnswer
from portal.core import db, ids, scope
from portal.debtors.models import Visit
from portal.web.edge import CHANGING, PortalFlask
from tests.actors import Debtor, FormFound, forms_of
from tests.conftest import CORPUS, need
from tests.factories.world import Account, make_account
from tests.security.everything import Owner
from tests.security.test_route_matrix import names_of, path_of, rules

OWN = (
    "<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "{{7*7}}", "{% for x in y %}", "${7*7}",
    "%(number)s %s %%", "%n%n",
    "\x00", "a\x00b", "\ud800", "\uffff", "\u202etxt.exe", "﷽" * 20, "Z̸̧" * 50, "😀" * 30, "\r\nSet-Cookie: a=b",
    "x" * 5000, "' OR 1=1 --",
    "../../etc/passwd", "=cmd|' /C calc'!A0", "NaN", "1e309", "-0", "١٢٣", "null", "undefined", "[object Object]",
    "true", "\\", "\u2028", "",
)  # fmt: skip
FILES = (
    "strings/big-list-of-naughty-strings__blns.json", "xss/fuzzdb__js_inject.txt", "xss/fuzzdb__XSSPolyglot.txt",
    "xss/fuzzdb__HTML5sec_Injections.txt", "sqli/fuzzdb__MSSQL.txt", "strings/fuzzdb__right-to-left.txt",
    "csv-injection/csv-injection-payloads__csv-payload.txt", "strings/fuzzdb__terminal-escape-codes.txt",
)  # fmt: skip
MAGIC = ("0e215962017", "0e0", "0", "1", "true", "null", "[]", "0x0", "240610708", "QNKCDZO")


def from_corpus() -> Iterator[str]:
    folder = CORPUS / "bad-input"
    need(None if folder.is_dir() else "no ../shared/corpus/bad-input here")
    for name in FILES:
        text = (folder / name).read_bytes().decode("utf-8", "replace")
        yield from json.loads(text) if name.endswith(".json") else [line for line in text.splitlines() if line]


@pytest.fixture
def account(app: PortalFlask) -> Account:
    made = make_account()
    made.add_invoice()
    return made


@pytest.fixture
def inside(app: PortalFlask, account: Account) -> Debtor:
    browser = Debtor(app)
    browser.enter(account.link(), account.fact)
    assert browser.path == "/d/"
    return browser


def post(browser: Debtor, path: str, data: dict[str, Any]) -> Any:
    numbers = {"csrf_token": browser.csrf(), "command_id": ids.spell(ids.new_id())}
    return browser.client.post(path, data={**numbers, **data}, base_url="http://portal.test")


def harmless(page: str, typed: str) -> None:
    """What was typed stands on the page as text, if it stands there at all."""
    if set(typed) & set("<>\"'&") and len(typed) > 5:
        assert typed not in page, typed
    assert "<script>alert" not in page
    assert "onerror=alert(1)>" not in page.replace("&#34;", '"') or "&lt;img" in page


def ask_all(browser: Debtor, account: Account, words: list[str]) -> None:
    browser.get("/d/help")
    kept = []
    for typed in words:
        answer = post(browser, "/d/help", {"question": typed.encode("utf-8", "surrogatepass")})
        assert answer.status_code in {303, 422}, (typed, answer.status_code)
        if answer.status_code == 303:
            page = browser.client.get(answer.headers["Location"], base_url="http://portal.test")
            assert page.status_code == 200, typed
            harmless(page.get_data(as_text=True), typed)
            kept.append(typed)
        else:
            harmless(answer.get_data(as_text=True), typed)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        rows = list(session.scalars(select(Case.words).where(Case.kind == "question").order_by(Case.id)))
    assert len(rows) == len(kept)
    for typed, row in zip(kept, rows, strict=True):
        if typed.isprintable() and typed == typed.strip():
            assert row == typed, "kept as it was written"
        assert "\x00" not in row


def test_whatever_is_asked_is_kept_and_shown_as_text(account: Account, inside: Debtor) -> None:
    ask_all(inside, account, list(OWN))


@pytest.mark.corpus
def test_the_naughty_strings_of_others_are_text_too(account: Account, inside: Debtor) -> None:
    words = list(dict.fromkeys(from_corpus()))
    assert len(words) > 500
    ask_all(inside, account, words[::9])


def debtor_forms(browser: Debtor, account: Account) -> list[tuple[str, FormFound]]:
    """Every form of the debtor's pages, with the page that it stands on."""
    invoice = ids.spell(account.invoice_ids[0])
    found = []
    for path in (
        "/d/",
        "/d/help",
        f"/d/invoices/{invoice}",
        f"/d/invoices/{invoice}/receipt",
        "/d/pay",
        "/d/pay/transfer",
    ):
        browser.get(path)
        assert browser.status == 200, path
        changing = [form for form in forms_of(browser.text) if form.method == "post"]
        found += [(path, form) for form in changing if not form.action.endswith("/leave")]
    return found


def test_every_field_of_every_form_takes_anything(account: Account, inside: Debtor) -> None:
    """Every field in turn, and every choice, with everything of our own list: 200, 303, 404, 409 or 422."""
    sent = 0
    for _, form in debtor_forms(inside, account):
        first = {name: values[0] for name, values in form.choices.items() if values}
        names = (set(form.fields) | set(form.choices)) - {"csrf_token", "command_id"}
        for number, name in enumerate(sorted(names)):
            for typed in OWN[number % 3 :: 3]:
                value = typed.encode("utf-8", "surrogatepass")
                inside.get("/d/help")
                answer = post(inside, form.action, {**form.fields, **first, name: value, **_numbers(inside)})
                assert answer.status_code in {200, 303, 404, 409, 422}, (form.action, name, typed, answer.status_code)
                harmless(answer.get_data(as_text=True), typed)
                sent += 1
    assert sent > 60


def test_what_is_asked_by_an_address_takes_anything(account: Account, inside: Debtor) -> None:
    """Forms that only look: a part of the amount, a day of the account."""
    for path, name in (("/d/pay/part", "amount"), ("/d/account", "on"), ("/d/pay", "items[]")):
        for typed in OWN:
            if "\x00" in typed or any("\ud800" <= letter <= "\udfff" for letter in typed):
                continue
            answer = inside.client.get(path, query_string={name: typed}, base_url=inside.base_url)
            assert answer.status_code in {200, 303, 404, 409, 422}, (path, typed, answer.status_code)
            harmless(answer.get_data(as_text=True), typed)


def _numbers(browser: Debtor) -> dict[str, str]:
    return {"csrf_token": browser.csrf(), "command_id": ids.spell(ids.new_id())}


@pytest.mark.corpus
def test_naughty_words_about_an_invoice_are_read_back(account: Account, inside: Debtor) -> None:
    path = f"/d/invoices/{ids.spell(account.invoice_ids[0])}/receipt"
    for typed in list(from_corpus())[::40]:
        inside.get(path)
        data = {"answer": "wrong", "category": "other", "words": typed.encode("utf-8", "surrogatepass")}
        answer = post(inside, path, data)
        assert answer.status_code in {303, 422}
        if answer.status_code == 303:
            inside.get(answer.headers["Location"])
            assert inside.status == 200
            harmless(inside.text, typed)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(ReceiptAnswer.words)).all()


def test_no_text_at_the_gate_is_more_than_a_wrong_answer(account: Account, app: PortalFlask) -> None:
    for typed in (*OWN, *MAGIC):
        browser = Debtor(app)
        browser.get(account.link())
        if browser.status != 200 or 'name="fact"' not in browser.text:
            browser = Debtor(app)
            break
        data = {"csrf_token": browser.csrf(), "fact": typed.encode("utf-8", "surrogatepass")}
        answer = browser.client.post("/gate", data=data, base_url="http://portal.test")
        assert answer.status_code in {422, 403}, (typed, answer.status_code)
        harmless(answer.get_data(as_text=True), typed)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Visit)).all() == []


BODIES = (
    b"{}", b"[]", b"null", b"0", b'"x"', b"{", b"", b"\xff\xfe", b'{"fact": 0}', b'{"fact": ["7890"]}', b'{"fact": {"$ne": ""}}',
    b'{"fact": "7890", "fact": "0000"}', b'{"fact": true}', b"[" * 2000, b'{"a":' * 500, b"NaN", b'{"fact": 1e999}',
)  # fmt: skip
KINDS = ("application/json", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x", "")


def test_json_of_any_kind_is_no_form(account: Account, app: PortalFlask, inside: Debtor) -> None:
    """A-43: a number or a list where text belongs opens nothing and breaks nothing."""
    waiting = Debtor(app)
    waiting.get(account.link())
    everywhere = ((waiting, "/gate"), (waiting, "/gate/not-me"), (inside, "/d/help"), (inside, "/d/pay/card"))
    for number, body in enumerate(BODIES):
        browser, path = everywhere[number % 4]
        for kind in KINDS:
            answer = browser.client.post(
                path,
                data=body,
                content_type=kind,
                base_url="http://portal.test",
                headers={"X-CSRFToken": browser.csrf()},
            )
            assert 400 <= answer.status_code < 500, (path, body[:20], kind, answer.status_code)
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert session.scalars(select(Case).where(Case.kind == "question")).all() == []
        assert len(session.scalars(select(Visit)).all()) == 1


def test_a_field_given_twice_is_refused_everywhere(account: Account, app: PortalFlask, inside: Debtor) -> None:
    """A-63: in the body, or once in the body and once in the address; lists are named as lists."""
    owner = Owner(account)
    tried = 0
    for rule, method in rules(app, "visit"):
        if method not in CHANGING:
            continue
        path = path_of(rule, {name: owner.id_of(name) for name in names_of(rule)})
        inside.get("/d/help")
        base = {"csrf_token": inside.csrf(), "command_id": ids.spell(ids.new_id())}
        for query, extra in (
            ("", {"question": ["a", "b"]}), ("?question=a", {"question": "b"}), ("", {"amount": ["1", "100"]}),
            ("?answer=received", {"answer": "wrong"}),
            ("?command_id=x", {}), (f"?csrf_token={base['csrf_token']}", {}),
        ):  # fmt: skip
            answer = inside.client.post(path + query, data={**base, **extra}, base_url="http://portal.test")
            assert answer.status_code == 422, (path, query, answer.status_code)
            tried += 1
    assert tried >= 30
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        assert len(session.scalars(select(Visit).where(Visit.ended_at.is_not(None))).all()) == 0


def test_fields_that_no_form_has_are_not_taken(account: Account, inside: Debtor) -> None:
    """A-63: no mass assignment, and no amount from a form."""
    extra = {
        "debtor_id": "1", "creditor_id": "1", "invoice_id": ids.spell(ids.new_id()), "visit_id": "1",
        "status": "closed", "outcome": "evil",
        "owner_id": "1", "id": "1", "amount": "0.01", "level": "2", "version": "9", "desk": "evil",
        "opened_at": "2000-01-01",
    }  # fmt: skip
    inside.get("/d/help")
    assert post(inside, "/d/help", {"question": "Come mai?", **extra}).status_code == 303
    with db.transaction(writes=False) as session:
        scope.enter(account.creditor_id)
        question = session.scalars(select(Case).where(Case.kind == "question")).one()
    assert (question.debtor_id, question.words, question.outcome, question.status.value) == (
        account.debtor_id,
        "Come mai?",
        None,
        "ours",
    )
    assert question.invoice_id is None
    assert question.version == 1


def test_strange_requests_get_an_answer(app: PortalFlask, inside: Debtor) -> None:
    client = inside.client
    strange: list[dict[str, Any]] = [
        {"path": "/gate", "method": "POST", "headers": {"Content-Type": "multipart/form-data"}},
        {"path": "/gate", "method": "POST", "data": b"--x\r\n\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"path": "/d/help", "method": "POST", "data": "%",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"path": "/d/help", "method": "POST", "data": "question=%ff%fe",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
        {"path": "/d/help?" + "a=1&" * 5000, "method": "GET"},
        {"path": "/d/", "method": "GET", "headers": {"Cookie": "portal=" + "a" * 3000}},
        {"path": "/d/", "method": "GET", "headers": {"Cookie": "portal=\xff; portal=x; =; ;;"}},
        {"path": "/d/", "method": "GET", "headers": {"Accept-Language": "\xff" * 100,
        "User-Agent": "\xff\xfe" * 500}},
        {"path": "/d/", "method": "GET", "headers": {"Range": "bytes=0-1", "If-Modified-Since": "yesterday",
        "If-None-Match": "*"}},
        {"path": "/gate", "method": "TRACE"}, {"path": "/gate", "method": "PROPFIND"}, {"path": "/gate",
        "method": "X" * 200},
        {"path": "/d/pay?items[]=x&items[]=" + "0" * 13, "method": "GET"},
        {"path": "/d/pay/return?look=" + "9" * 400, "method": "GET"}, {"path": "/d/pay/return?look=%D9%A3",
        "method": "GET"},
    ]  # fmt: skip
    for request in strange:
        answer = client.open(base_url="http://portal.test", **request)
        assert 200 <= answer.status_code < 500, (request["path"][:40], request["method"], answer.status_code)
        answer.close()
