"""Believable values for every page of the creditor's side."""

from typing import Any

from tests.look.samples_debtor import LANGUAGES, NB, OPERATOR, Page, rows

WORDS = [
    ("Oggi", None),
    ("Scadenze", 148),
    ("Clienti", 41),
    ("Messaggi", None),
    ("Carica fatture", None),
    ("Consegne", 2),
    ("Persone", None),
]
ROLES = [
    ("viewer", "Vede", "Guarda tutto, non cambia nulla."),
    ("agent", "Lavora", "Scrive ai clienti e chiude le risposte."),
    ("manager", "Decide", "Carica fatture, rimanda consegne, concede."),
    ("admin", "Governa", "Tutto, anche persone e sistemi."),
]


def frame(title: str, current: str, **more: Any) -> dict[str, Any]:
    """What the lead's context processor gives every staff page."""
    return {
        "lang": "it",
        "title": title,
        "staff": {
            "name": "Giulia Ferri",
            "role": "Decide",
            "creditor": "Rossi Impianti",
            "switch_url": None,
            "navigation": [(label, "#", label == current, count) for label, count in WORDS],
        },
        "search_url": "#search",
        "search": "",
        "leave_url": "#leave",
        "languages": LANGUAGES,
        "csrf_token": lambda: "token",
        "messages": [],
        "brand_css_url": None,
        "request_id": None,
        "command_id": "0197-command",
        "errors": [],
        "error_of": {},
        "shown": "1–8 di 148",
        "newer_url": None,
        "older_url": "#older",
        "filtered": False,
        "filter_url": "#f",
        "keep": [("sort", "due")],
        "clear_url": "#",
    } | more


def figures(text: str) -> list[dict[str, Any]]:
    return [row | {"href": "#"} for row in rows("label value note", text)]


def choices(name: str, label: str, *values: str) -> dict[str, Any]:
    options = [("", "Tutti"), *[(value, value) for value in values]]
    return {"id": name, "label": label, "value": "", "options": options}


SEARCH = {"id": "q", "label": "Cliente, codice o documento", "value": ""}
CUSTOMERS = rows(
    "debtor debtor_code document on amount state kind last",
    """
    Officina Bianchi di Maria Bianchi | C-0007 | Fattura 128 | 31 marzo 2027 | 1.234,56 | arrivata | good | paga il 30
    Condominio Via Saragozza 14 | C-0031 | Fattura 129 | 31 marzo 2027 | 12.480,00 | qualcosa non va | wait | -
    Bar Centrale S.n.c. | C-0012 | Fattura 117 | 12 marzo 2027 | 310,20 | aperta | plain | nessuna risposta
    Giovanni Esposito | C-0044 | Fattura 130 | 2 aprile 2027 | 88,00 | non arrivata | wait | rimandata alle 09:12
    Tecnoservice Emilia S.p.A. | C-0002 | Fattura 2027/0140-B | 30 aprile 2027 | 104.250,00 | in viaggio | wait | -
    Panificio Lodi | C-0019 | Fattura 121 | 20 marzo 2027 | 642,00 | messaggio non partito | problem | rifiutato
    """,
)


def customers(**more: str) -> list[dict[str, Any]]:
    return [row | {"href": "#", "amount": f"{row['amount']}{NB}€"} | more for row in CUSTOMERS]


def today() -> list[Page]:
    answers = [row | {"what": row["state"]} for row in customers(when="oggi, 10:42")[:5]]
    urls = {"intro": "venerdì 12 marzo 2027", "answers_url": "#", "due_url": "#", "import_url": "#"}
    numbers = figures(
        f"""
        Risposte da leggere | 5 | 2 con un problema
        Non ancora scaduto | 61.204,15{NB}€ | 104 scadenze
        Scaduto e aperto | 25.216,00{NB}€ | 44 scadenze
        Incassato a marzo | 18.330,40{NB}€ | 37 pagamenti
        """
    )
    alerts = rows("text href label", "Due consegne al gestionale non sono arrivate. | # | Guardi quali")
    full = urls | {"figures": numbers, "alerts": alerts, "answers": answers, "due": customers()}
    empty = urls | {"figures": numbers[:2], "alerts": [], "answers": [], "due": []}
    return [
        ("staff-today", "home/staff_today.html", frame("Oggi", "Oggi", **full)),
        ("staff-today-empty", "home/staff_today.html", frame("Oggi", "Oggi", **empty)),
    ]


def due_items() -> list[Page]:
    names = ("Cliente", "Documento", "Scadenza", "Aperto", "Stato")
    columns = [
        {
            "label": name,
            "href": "#",
            "sorted": "ascending" if name == "Scadenza" else "",
            "numeric": name == "Aperto",
        }
        for name in names
    ] + [{"label": "Ultima notizia", "href": None, "sorted": "", "numeric": False}]
    page = {
        "intro": f"148 aperte, 86.420,15{NB}€",
        "fields": [
            SEARCH,
            choices("state", "Stato", "aperta", "arrivata", "qualcosa non va"),
            choices("due", "Scadenza", "questa settimana", "questo mese", "passata"),
        ],
        "columns": columns,
        "rows": customers(document_href="#", on_note="fra 19 giorni", amount_note=""),
        "export_url": "#",
        "import_url": "#",
    }
    template = "invoices/staff_due_items.html"
    return [
        ("staff-due", template, frame("Scadenze", "Scadenze", **page)),
        ("staff-due-none", template, frame("Scadenze", "Scadenze", **page | {"rows": [], "filtered": True})),
        ("staff-due-empty", template, frame("Scadenze", "Scadenze", **page | {"rows": []})),
    ]


def debtor() -> list[Page]:
    entries = rows(
        "when what who note href",
        """
        oggi, 10:42 | Fattura 128: arrivata, tutto a posto | Maria Bianchi, dal link | Paga il 30 marzo. | #
        oggi, 10:40 | Link aperto dalla persona | ha scritto le ultime quattro cifre | |
        oggi, 10:38 | Link letto da un programma | non conta come aperto | |
        10 marzo, 09:00 | Messaggio consegnato | email | | #
        1 marzo, 18:20 | Fattura 128 caricata | Giulia Ferri | |
        """,
    )
    details = [("Partita IVA", "01234564321"), ("Cliente dal", "2019"), ("Lingua", "Italiano")]
    page = frame(
        "Officina Bianchi",
        "Clienti",
        debtor={
            "name": "Officina Bianchi di Maria Bianchi",
            "code": "C-0007",
            "open": f"1.322,56{NB}€",
            "open_note": "2 scadenze, nessuna passata",
            "details": details,
        },
        actions=[("Manda un nuovo link", "#"), ("Ferma i messaggi", "#")],
        items=rows(
            "document href on amount state kind",
            f"""
            Fattura 128 | # | 31 marzo 2027 | 1.234,56{NB}€ | arrivata | good
            Fattura 131 | # | 15 aprile 2027 | 88,00{NB}€ | aperta | plain
            """,
        ),
        contacts=rows(
            "address channel language source state kind",
            """
            maria@bianchi.example | email | italiano | dal contratto | va bene | good
            +39 333 555 0199 | cellulare | italiano | dal cliente | da provare | wait
            """,
        ),
        links=rows(
            "purpose made until state kind",
            "Caring di marzo | 10 marzo 2027 | vale fino al 30 aprile | vivo | plain",
        ),
        entries=entries,
    )
    return [("staff-debtor", "debtors/staff_debtor.html", page)]


def messages() -> list[Page]:
    subject = "Un documento di Rossi Impianti è a sua disposizione"
    states = rows(
        "state kind note",
        """
        aperto dalla persona | good |
        consegnato | plain |
        partito | wait |
        non partito | problem | 550: la casella non esiste
        """,
    )
    sent = {"to": "", "subject": subject, "about": "Caring di marzo", "channel": "email", "when": "10 marzo, 09:00"}
    listing = {
        "rows": [row | sent | {"to": row["debtor"]} | state for row, state in zip(customers(), states, strict=False)],
        "intro": "214 negli ultimi 30 giorni, 1 non partito",
        "fields": [SEARCH, choices("state", "Stato", "partito", "non partito")],
        "due_url": "#",
    }
    text = (
        "Buongiorno Maria,\n\nle abbiamo inviato un documento. Può dirci se l'ha ricevuto e se è tutto a posto?\n\n"
        "Bastano due minuti. Se qualcosa non torna, ce lo dica: ci pensiamo noi.\n\n{link:418}\n\n-- \nRossi Impianti"
    )
    one = {
        "message": {
            "subject": subject,
            "state": "non partito",
            "kind": "problem",
            "note": "La posta del cliente ha risposto: 550, la casella non esiste.",
            "text": text,
            "fingerprint": "9f2c" * 16,
        },
        "details": [("A", "maria@bianchi.example"), ("Quando", "10 marzo 2027, 09:00"), ("Lingua", "italiano")],
        "entries": rows(
            "when what who note href",
            """
            10 marzo, 09:00 | Rifiutato dalla posta del cliente | | 550 5.1.1 |
            10 marzo, 08:59 | Preparato | il calendario | |
            """,
        ),
        "html_url": None,
        "again_url": "#",
        "back_url": "#",
    }
    template = "messages/staff_list.html"
    return [
        ("staff-messages", template, frame("Messaggi", "Messaggi", **listing)),
        ("staff-messages-none", template, frame("Messaggi", "Messaggi", **listing | {"rows": []})),
        ("staff-message", "messages/staff_message.html", frame("Messaggio", "Messaggi", **one)),
    ]


def systems() -> list[Page]:
    page = {
        "endpoints": rows(
            "url href events state kind last pause_url pause_label",
            """
            https://erp.rossi.example/eventi | # | tutti | risponde | good | oggi, 10:42 | # | Ferma
            https://vecchio.rossi.example/in | # | pagamenti | fermato | problem | 8 marzo: 500 | # | Riprendi
            """,
        ),
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "add_url": "#",
        "url": "",
        "deliveries_url": "#",
        "results_url": "#",
    }
    bad = [("url", "L'indirizzo deve cominciare con https://.")]
    wrong = {"secret": "", "endpoints": [], "url": "http://erp", "errors": bad, "error_of": dict(bad)}
    listing = {
        "rows": rows(
            "event about to when attempts answer next state kind replay_url href",
            """
            receipt.confirmed | Fattura 128 | erp.rossi.example | oggi, 10:42 | 1 | 200 | | consegnato | good | # | #
            payment.settled | Fattura 97 | vecchio.example | 08:03 | 4 | 500 | alle 13:03 | riprova | wait | # | #
            payment.settled | Fattura 90 | vecchio.example | 8 marzo | 10 | nessuna | | non consegnato | problem | | #
            """,
        ),
        "intro": "2 da guardare",
        "fields": [SEARCH, choices("state", "Stato", "consegnato", "non consegnato")],
        "endpoints_url": "#",
    }
    template = "webhooks/staff_deliveries.html"
    return [
        ("staff-endpoints", "webhooks/staff_endpoints.html", frame("I suoi sistemi", "Consegne", **page)),
        (
            "staff-endpoints-wrong",
            "webhooks/staff_endpoints.html",
            frame("I suoi sistemi", "Consegne", **page | wrong),
        ),
        ("staff-deliveries", template, frame("Consegne", "Consegne", **listing)),
        ("staff-deliveries-none", template, frame("Consegne", "Consegne", **listing | {"rows": []})),
    ]


def people() -> list[Page]:
    door = frame("Entra", "", creditor=None, operator=OPERATOR, login_url="#", email="")
    wrong = [("email", "Email o password non tornano. Provi ancora, con calma.")]
    accept: dict[str, Any] = {"title": "Le diamo il benvenuto", "accept_url": "#", "email": "sara@agenzia.example"}
    accept |= {"creditor_name": "Rossi Impianti", "role": "Lavora", "name": "", "has_password": False}
    known = {"creditor_name": None, "has_password": True, "shortest": 12}
    members = rows(
        "name email role role_label last state kind end_url",
        """
        Giulia Ferri | giulia@rossi.example | manager | Decide | adesso | attiva | good |
        Paolo Rossi | paolo@rossi.example | admin | Governa | ieri | attivo | good | #
        """,
    )
    page = {
        "people": [row | {"role_url": row["end_url"], "out_url": row["end_url"]} for row in members],
        "invited": rows("email role_label until withdraw_url", "sara@agenzia.example | Lavora | 19 marzo, 10:42 | #"),
        "roles": ROLES,
        "role_labels": [(value, label) for value, label, _ in ROLES],
        "email": "",
        "role": "",
        "invitation": "https://portale.example/c/invito/9vQ2mZ7kT4xB1cN8dL5sW0yR",
        "invite_url": "#",
    }
    own = {
        "email": "giulia@rossi.example",
        "sessions": rows(
            "client started seen here end_url",
            "Firefox, Linux | oggi, 08:55 | oggi, 10:42 | yes |\nSafari, iPhone | ieri, 18:02 | ieri, 18:20 | | #",
        ),
        "password_url": "#",
        "shortest": 12,
    }
    return [
        ("login", "people/login.html", door),
        ("login-wrong", "people/login.html", door | {"email": "giulia@rossi.example", "errors": wrong}),
        ("accept", "people/accept_invitation.html", door | accept | {"shortest": 12}),
        ("accept-known", "people/accept_invitation.html", door | accept | known),
        ("invitation-closed", "people/invitation_closed.html", door),
        ("staff-people", "people/staff_list.html", frame("Persone", "Persone", **page)),
        ("staff-own", "people/staff_own.html", frame("Giulia Ferri", "", **own)),
    ]


def all_pages() -> list[Page]:
    return [
        *today(),
        *due_items(),
        *debtor(),
        *messages(),
        *systems(),
        *people(),
    ]
