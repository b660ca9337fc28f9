"""The three answers about receipt, a question, and the pages that are only looked at."""

import re
from datetime import timedelta

from portal.simulator.acts import act
from portal.simulator.acts.entering import inside
from portal.simulator.world import World

_INVOICE = re.compile(r"/d/invoices/([0-9a-z]{13})")


@act(weight=6)
def somebody_answers_about_receipt(world: World) -> str:
    tab = inside(world)
    if tab is None:
        return "nobody in"
    browser = tab.browser
    browser.get("/d/")
    invoices = sorted(set(_INVOICE.findall(browser.text)))
    if not invoices:
        return f"{tab.person.code} sees no invoice"
    browser.get(f"/d/invoices/{world.chance.choice(invoices)}/receipt")
    answer = world.chance.choice(("received", "wrong", "missing"))
    typed = {"answer": answer}
    if answer == "received" and world.chance.random() < 0.5:
        typed["pay_on"] = (world.clock.now() + timedelta(days=world.chance.randint(0, 40))).date().isoformat()
    if answer == "wrong":
        typed |= {"category": "amount", "words": "Non torna."}
    if answer == "missing" and world.chance.random() < 0.2:
        typed["address"] = f"nuovo{world.step}@{tab.person.email.partition('@')[2]}"
    form = browser.form("/receipt")
    browser.post(form.action, {**form.fields, **typed})
    return f"{tab.person.code} {answer} {browser.code}"


@act(weight=2)
def somebody_looks_around(world: World) -> str:
    tab = inside(world)
    if tab is None:
        return "nobody in"
    browser = tab.browser
    for path in ("/d/", "/d/pay", "/d/pay/transfer", "/d/help"):
        browser.get(path)
    for invoice in sorted(set(_INVOICE.findall(browser.text)))[:1]:
        browser.get(f"/d/invoices/{invoice}")
    return f"{tab.person.code} {browser.code}"


@act(weight=1)
def somebody_asks_a_question(world: World) -> str:
    tab = inside(world)
    if tab is None:
        return "nobody in"
    tab.browser.get("/d/help")
    tab.browser.submit("/d/help", question="Quando posso chiamarvi?")
    return f"{tab.person.code} {tab.browser.code}"
