"""The bare floor: a Flask app that verifies a token, runs one query by psycopg and renders as many bytes."""

import os
from typing import Any

import psycopg
from flask import Flask, Response, request
from jinja2 import Environment

from portal.core import signing
from portal.settings import Settings

settings = Settings.read()
keys = signing.read_keys(settings.keys_file)
creditor_id, filler = os.environ["BENCH_CREDITOR"], "x" * int(os.environ["BENCH_FILLER"])
app = Flask(__name__)
connection = psycopg.connect(settings.database_url, autocommit=True)
page = Environment(autoescape=True).from_string(
    "<!doctype html><html><body>{% for n, d, m in rows %}<p>{{ n }} {{ d }} {{ m }}</p>{% endfor %}{{ filler }}"
)
connection.execute("SELECT set_config('portal.creditor_id', %s, false)", (creditor_id,))


@app.get("/<token>")
def show(token: str) -> Any:
    if signing.read_link_token(keys, "portal", token) is None or request.cookies.get("portal") is None:
        return Response(status=404)
    rows = connection.execute(
        "SELECT i.number, d.due_on, r.open_minor FROM due_items d JOIN invoices i ON i.id = d.invoice_id "
        "JOIN receivables r ON r.id = d.id WHERE d.debtor_id = %s ORDER BY d.due_on",
        (int(os.environ["BENCH_DEBTOR"]),),
    ).fetchall()
    return Response(page.render(rows=rows, filler=filler))
