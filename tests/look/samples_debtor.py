"""Believable values for every debtor page: an Italian installer, its customers, the month of March 2027."""

from typing import Any

import segno

NB = "\u00a0"
LOGO = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 90 36'%3E"
    "%3Ccircle cx='18' cy='18' r='16' fill='%236b21a8'/%3E"
    "%3Ctext x='40' y='25' font-family='sans-serif' font-size='20' fill='%23333'%3EValli%3C/text%3E%3C/svg%3E"
)
# What a creditor's own sheet looks like: one property, once for each scheme.
BRAND = ":root{--accent:#6b21a8}@media(prefers-color-scheme:dark){:root{--accent:#d8b4fe}}"

Page = tuple[str, str, dict[str, Any]]  # name of the picture, template, its variables


def rows(names: str, text: str) -> list[dict[str, Any]]:
    """Rows of a page, one a line, their values between bars."""
    lines = [[value.strip() for value in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(names.split(), line, strict=True)) for line in lines]


CREDITOR = {
    "display_name": "Rossi Impianti",
    "logo_url": None,
    "phone": "051 555 0142",
    "email": "amministrazione@rossi-impianti.example",
    "contact_name": "Giulia Ferri",
    "hours": "dal lunedì al venerdì, dalle 9 alle 17",
}
LANGUAGES = rows("code name href current", "it | Italiano | #it | yes\nen | English | #en |")
OPERATOR = {"name": "Portale Documenti", "email": "aiuto@portale.example", "phone": "051 555 0100"}

INVOICE = {
    "title": "Fattura 128",
    "about": "del 1 marzo 2027",
    "due": "Da pagare entro il 31 marzo 2027",
    "open": f"1.234,56{NB}€",
    "lines": [
        ("Fattura del 1 marzo 2027", f"1.464,00{NB}€", False),
        ("Nota di credito 12 del 9 marzo", f"−229,44{NB}€", False),
        ("Ancora da pagare", f"1.234,56{NB}€", True),
    ],
    "note": "",
    "href": "#invoice",
    "details": [
        ("Emessa da", "Rossi Impianti S.r.l."),
        ("Intestata a", "Officina Bianchi di Maria Bianchi"),
        ("Per", "Manutenzione della caldaia, febbraio 2027"),
        ("Data", "1 marzo 2027"),
        ("Scadenza", "31 marzo 2027"),
    ],
    "file_url": "#file",
    "original_url": None,
    "file_label": "Apra la fattura (PDF, 84 kB)",
}
RECEIPT, PAY, ASK, TROUBLE = (
    row | {"post": False}
    for row in rows(
        "label hint href",
        """
        È arrivata? Ce lo dica | Bastano due minuti. Non la impegna a nulla. | #a
        Pagare adesso | Con la carta o con un bonifico. | #b
        Fare una domanda | Risponde Giulia Ferri. | #c
        Qualcosa non va? | Ce lo dica: ci pensiamo noi. | #d
        """,
    )
)
DISCLAIMER = (
    "Ci dice solo se la fattura è arrivata. Non è un riconoscimento del debito. Può sempre dirci che qualcosa non va."
)
CATEGORIES = [
    ("amount", "L'importo non torna"),
    ("goods", "Il lavoro o la merce"),
    ("data", "I miei dati sulla fattura"),
    ("paid", "L'ho già pagata"),
    ("other", "Altro"),
]
TOLD = rows(
    "when what who note href",
    "12 marzo 2027, 10:42 | La fattura 128 è arrivata ed è tutto a posto | | Pensa di pagare il 30 marzo | #told",
)
SETTLED = rows("title due open href note", f"Fattura 97 | Pagata il 2 febbraio 2027 | 610,00{NB}€ | # |")
IBAN = "IT60X0542811101000000123456"
REFERENCE = "RF18539007547034"
EPC = f"BCD\n002\n1\nSCT\n\nRossi Impianti S.r.l.\n{IBAN}\nEUR1234.56\n\n{REFERENCE}\n"


def fours(text: str) -> list[str]:
    return [text[i : i + 4] for i in range(0, len(text), 4)]


def frame(title: str, **more: Any) -> dict[str, Any]:
    """What the lead's context processor gives every page of the debtor's side."""
    return {
        "lang": "it",
        "title": title,
        "creditor": CREDITOR,
        "operator": OPERATOR,
        "languages": LANGUAGES,
        "csrf_token": lambda: "token",
        "signed_in": True,
        "home_url": "#home",
        "leave_url": "#leave",
        "difficulty_url": "#hard",
        "genuine_url": "#genuine",
        "privacy_url": "#privacy",
        "messages": [],
        "brand_css_url": None,
        "request_id": None,
        "command_id": "0197-command",
        "errors": [],
        "error_of": {},
    } | more


def door() -> list[Page]:
    fact = {
        "id": "fact",
        "label": "Le ultime quattro cifre della sua partita IVA",
        "hint": "Per esempio 4321",
        "where": "La partita IVA ha undici cifre. La trova in alto sulle sue fatture, vicino al nome.",
        "autocomplete": "off",
        "inputmode": "numeric",
        "maxlength": 4,
    }
    gate = {"gate_url": "#gate", "fact": fact, "not_me_url": "#not-me", "value": ""}
    wrong = "Non corrisponde a quello che abbiamo. Guardi le ultime quattro cifre, o ci chiami."
    four = LANGUAGES + rows("code name href current", "de | Deutsch | #de |\nfr | Français | #fr |")
    reasons = ("Non sono la persona che cercate", "Non lavoro più lì", "Non conosco questa azienda")
    not_me: dict[str, Any] = {"not_me_url": "#not-me", "gate_url": "#gate", "value": ""}
    not_me["options"] = [(f"r{i}", reason, "") for i, reason in enumerate(reasons)]
    privacy = {"controller": "Rossi Impianti S.r.l.", "dpo_email": None, "rights_email": "privacy@rossi.example"}
    pages: list[tuple[str, str, dict[str, Any]]] = [
        ("gate", "gate", gate),
        ("gate-wrong", "gate", gate | {"value": "1234", "errors": [("fact", wrong)]}),
        ("gate-languages", "gate", gate | {"languages": four}),
        ("link-expired", "link_expired", {"new_link_url": "#new"}),
        ("link-expired-operator", "link_expired", {"new_link_url": "#new", "creditor": None}),
        ("link-sent", "link_sent", {}),
        ("link-frozen", "link_frozen", {"new_link_url": "#new"}),
        ("not-me", "not_me", not_me),
        ("not-me-done", "not_me_done", {}),
        ("no-link", "no_link", {"creditor": None}),
        ("left", "left", {}),
        ("genuine", "genuine", {"portal_host": "portale.example", "back_url": "#back"}),
        ("privacy", "privacy", privacy | {"back_url": "#back"}),
    ]
    return [
        (name, f"debtors/{template}.html", frame("Un documento per lei", signed_in=False) | more)
        for name, template, more in pages
    ]


def closed() -> list[Page]:
    page = {"document": "Fattura 128", "closed_on": "", "keep_url": None, "home_url": "#home"}
    kinds: dict[str, dict[str, Any]] = {
        "paid": {"closed_on": "2 aprile 2027", "keep_url": "#pdf"},
        "rejected": {},
        "credited": {},
        "withdrawn": {"home_url": None},
    }
    return [
        (f"link-closed-{kind}", "debtors/link_closed.html", frame("Fattura 128", closed=kind, **page | more))
        for kind, more in kinds.items()
    ]


def home() -> list[Page]:
    page = {
        "person": "Maria",
        "items": [INVOICE],
        "total_open": "",
        "actions": [RECEIPT, PAY, ASK],
        "told": [],
        "settled": [],
    }
    more = rows(
        "title due open note",
        f"""
        Fattura 131 | Entro il 15 aprile 2027 | 88,00{NB}€ |
        Fattura 2027/0140-B | Entro il 30 aprile 2027 | 12.450,00{NB}€ | bonifico in viaggio
        """,
    )
    several = page | {"items": [INVOICE, *(INVOICE | row for row in more)], "total_open": f"13.772,56{NB}€"}
    late = page | {"items": [INVOICE | {"note": "Se ha già pagato, ci dica quando."}], "actions": [PAY, TROUBLE, ASK]}
    past = {"told": TOLD, "settled": SETTLED}
    brand = CREDITOR | {"display_name": "Studio Dentistico Valli & Figli", "logo_url": LOGO}
    done = [("done", "Fatto. Abbiamo avvisato Rossi Impianti alle 10:42.")]
    pages: list[tuple[str, dict[str, Any]]] = [
        ("home", page),
        ("home-brand", page | {"creditor": brand, "brand_css_url": "/brand.css"}),
        ("home-late", late | past | {"messages": done}),
        ("home-several", several | past),
        ("home-nothing", page | {"items": [], "actions": [ASK], "settled": SETTLED}),
    ]
    advice = [("OCC", "Organismi di composizione della crisi"), ("Consumatori", "Le associazioni della sua città")]
    ask = frame("Parliamone", ask_url="#ask", question="", advice=advice)
    invoice = frame("Fattura 128", document=INVOICE, actions=[RECEIPT, PAY, ASK], history=TOLD)
    return [
        *((name, "home/debtor_home.html", frame("I suoi documenti") | context) for name, context in pages),
        ("help", "home/debtor_help.html", ask),
        ("invoice", "invoices/debtor_invoice.html", invoice),
    ]


def answers() -> list[Page]:
    blank = frame(
        "È arrivata?",
        document=INVOICE,
        receipt_url="#r",
        answer="",
        pay_on="",
        category="",
        words="",
        address="",
        categories=CATEGORIES,
        address_on_file="m•••@bianchi.example",
        last_date="",
        disclaimer=DISCLAIMER,
        back_url="#back",
    )
    none = [("answer", "Scelga una delle tre risposte.")]
    wrong = [("category", "Scelga di che cosa si tratta."), ("words", "Ci dica in due parole che cosa non va.")]
    pages: list[tuple[str, dict[str, Any]]] = [
        ("receipt", {}),
        ("receipt-fine", {"answer": "received", "pay_on": "2027-03-30"}),
        ("receipt-wrong", {"answer": "wrong", "errors": wrong, "error_of": dict(wrong)}),
        ("receipt-missing", {"answer": "missing"}),
        ("receipt-none", {"errors": none, "error_of": dict(none)}),
    ]
    done = frame(
        "Grazie",
        heading="Grazie. Rossi Impianti lo sa già",
        happened="Il 12 marzo 2027 alle 10:42 ha detto che la fattura 128 è arrivata ed è tutto a posto.",
        reference="R-7K2M-41",
        answers=[("Fattura 128", "Arrivata, tutto a posto"), ("Pensa di pagare", "30 marzo 2027")],
        steps=["Giulia Ferri vede la sua risposta.", "Fino al 30 marzo non le scriviamo più per questa fattura."],
        keep_url="#pdf",
        mail_url="#mail",
        mail_to="m•••@bianchi.example",
        disclaimer=DISCLAIMER,
        actions=[PAY],
        change_url="#change",
    )
    return [
        *((name, "confirmations/debtor_receipt.html", blank | more) for name, more in pages),
        ("done", "confirmations/debtor_done.html", done),
    ]


CHOICES = rows(
    "id title due open chosen why_not",
    f"""
    a1 | Fattura 128 | Da pagare entro il 31 marzo 2027 | 1.234,56{NB}€ | yes |
    a2 | Fattura 131 | Da pagare entro il 15 aprile 2027 | 88,00{NB}€ | yes |
    a3 | Fattura 2027/0140-B | Da pagare entro il 30 aprile 2027 | 12.450,00{NB}€ | | Il bonifico è in viaggio
    """,
)
STANDING = rows("go_url see_url stop_url", "#go | | #stop")


def choosing() -> list[Page]:
    one = frame(
        "Come vuole pagare?",
        choices=CHOICES[:1],
        payable=CHOICES[:1],
        document=INVOICE,
        total=INVOICE["open"],
        standing=[],
        card_url="#card",
        transfer_url="#transfer",
        back_url="#",
    )
    several = one | {"choices": CHOICES, "payable": CHOICES[:2], "document": None, "total": f"1.322,56{NB}€"}
    pages: list[tuple[str, dict[str, Any]]] = [
        ("pay", one),
        ("pay-several", several),
        ("pay-open", one | {"standing": STANDING, "payable": [], "document": None, "choices": []}),
    ]
    return [(name, "payments/debtor_choose.html", context) for name, context in pages]


def transferring() -> list[Page]:
    transfer = {
        "id": "a1",
        "title": "Fattura 128",
        "holder": "Rossi Impianti S.r.l.",
        "iban": IBAN,
        "iban_groups": fours(IBAN),
        "bic": None,
        "amount_shown": INVOICE["open"],
        "amount_plain": "1234,56",
        "reference": REFERENCE,
        "reference_groups": fours(REFERENCE),
        "code": segno.make(EPC, error="m", mode="byte").svg_inline(border=0, omitsize=True, lineclass=None),
        "certified": True,
        "alone_url": None,
    }
    page = frame(
        "Bonifico",
        transfers=[transfer],
        choices=[],
        nothing="",
        on_its_way_url="#way",
        told="",
        days=5,
        back_url="#back",
    )
    told = "Ce l'ha detto il 12 marzo alle 10:42. Grazie: aspettiamo il bonifico."
    two = [row | {"code": None, "alone_url": "#one", "certified": False} for row in (transfer, transfer)]
    pages: list[tuple[str, dict[str, Any]]] = [
        ("transfer", page),
        ("transfer-told", page | {"on_its_way_url": None, "told": told}),
        ("transfer-two", page | {"transfers": two}),
    ]
    return [(name, "payments/debtor_transfer.html", context) for name, context in pages]


def paid() -> list[Page]:
    status = frame(
        "Il suo pagamento",
        document=INVOICE,
        amount_shown=INVOICE["open"],
        reference="P-9F3K-07",
        again_url=None,
        go_url=None,
        stop_url=None,
        other_url=None,
        rows=[("Fattura 128", INVOICE["open"]), ("Modo", "Carta che finisce con 4242")],
        steps=[],
    )
    pages = rows(
        "name state happened",
        """
        paid | paid | Il 12 marzo 2027 alle 10:44. Rossi Impianti lo sa già.
        checking | checking | Di solito basta un minuto. Può chiudere questa pagina: le scriviamo noi.
        waiting | waiting | Di solito bastano due giorni. Può chiudere questa pagina: le scriviamo noi.
        pay-unfinished | open | Può continuare da dove era.
        on-its-way | on_its_way | Ce l'ha detto il 12 marzo 2027 alle 10:42.
        not-paid | failed | La banca ha detto di no alla carta. Capita: provi di nuovo, o paghi con un bonifico.
        cancelled | cancelled | La fattura è ancora aperta, come prima.
        """,
    )
    extras: dict[str, dict[str, Any]] = {
        "paid": {"steps": ["La fattura 128 è chiusa.", "Le mandiamo la ricevuta anche per email."]},
        "checking": {"again_url": "#again"},
        "waiting": {"again_url": "#again"},
        "open": {"go_url": "#go", "stop_url": "#stop"},
        "on_its_way": {
            "steps": ["Il bonifico arriva in uno o due giorni.", "Appena arriva, le mandiamo la ricevuta."]
        },
        "failed": {"other_url": "#other"},
        "cancelled": {"other_url": "#other"},
    }
    return [(row["name"], "payments/debtor_status.html", status | row | extras[row["state"]]) for row in pages]


def errors() -> list[Page]:
    page = frame("Non ha funzionato", creditor=None, detail="", back_url="#back")
    more: dict[int, dict[str, Any]] = {
        404: {"back_url": None},
        409: {"detail": "Questa fattura è già pagata.", "creditor": CREDITOR},
        500: {"request_id": "c41f-77a0"},
    }
    known = (400, 403, 404, 405, 409, 413, 422, 429, 500, 503)
    pages = [(f"error-{status}", f"errors/{status}.html", page | more.get(status, {})) for status in known]
    return [*pages, ("error-any", "errors/error.html", page)]


def all_pages() -> list[Page]:
    return [*door(), *closed(), *home(), *answers(), *choosing(), *transferring(), *paid(), *errors()]


MAIL = frame(
    "",
    subject="Un documento di Rossi Impianti è a sua disposizione",
    preheader="Può dirci se è arrivato? Bastano due minuti.",
    person="Maria",
    count=1,
    link_url="https://portale.example/l/9vQ2mZ7kT4xB1cN8dL5sW0yR3hJ6pG2f",
    fact_label="le ultime quattro cifre della sua partita IVA",
    works_until="30 aprile 2027",
)
