"""Where everything meets: the database, the gates, every feature, what follows from what, the commands.

The only module that knows the whole; nothing imports it but `app.py` and the console script.
"""

import importlib
import logging
import pkgutil
import sys

import structlog
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import BaseConverter, ValidationError

import portal
import portal.background  # importing it registers what is worked off
from portal import features, reactions
from portal.api import calls as api_calls
from portal.api import description as api_description
from portal.api import gate as api_gate
from portal.cases import causes, panels, turns
from portal.commands import (
    backup,
    bounces,
    cadence,
    creditors,
    database,
    demo,
    evidence,
    explain,
    generate,
    import_ratings,
    import_sdi,
    import_statement,
    keys,
    kpi,
    line,
    links,
    looking,
    payments,
    predict,
    privacy,
    qr,
    qr_link,
    qr_links,
    results,
    serving,
    simulate,
    staff,
    webhooks,
)
from portal.core import db, ids, installation, migrations, signing
from portal.core.signing import Keys
from portal.debtors import entry_pages, presenting, visits
from portal.documents import seals
from portal.inbox import navigation
from portal.invoices import lines as invoice_lines
from portal.invoices import own_pdf
from portal.invoices import queries as invoices
from portal.invoices import remarks as invoice_remarks
from portal.messages import actions as messages
from portal.messages import reports
from portal.messages.channels import sms
from portal.payments import methods as payment_methods
from portal.payments import provider_pages as payments_provider
from portal.people import presenting as people_presenting
from portal.people import proof_pages as people_proof
from portal.people import sessions as people_sessions
from portal.settings import ROOT, Settings
from portal.web import (
    edge,
    errors,
    gates,
    hosts,
    keepsakes,
    ladder,
    language_pages,
    limits,
    offers,
    sessions,
    templating,
)


class IdConverter(BaseConverter):
    """`<id:invoice_id>` in an address: thirteen letters, read into the row's id; anything else is 404."""

    regex = "[0-9a-z]{13}"

    def to_python(self, value: str) -> int:
        try:
            return ids.read(value)
        except ValueError:
            raise ValidationError from None

    def to_url(self, value: int) -> str:
        return ids.spell(value)


def load_models() -> None:
    """Imports every feature's tables, so that the metadata is whole."""
    for found in pkgutil.iter_modules(portal.__path__):
        folder = ROOT / "portal" / found.name
        if (folder / "models.py").exists():
            importlib.import_module(f"portal.{found.name}.models")


def create_app(settings: Settings | None = None) -> edge.PortalFlask:
    """The whole application for `settings` (default: the environment's). Raises Misconfigured."""
    settings = settings or Settings.read()
    return build(settings, open_house(settings))


def open_house(settings: Settings) -> Keys:
    """This process for `settings`: its log, its database, and who hears of what. Raises Misconfigured."""
    _log(settings)
    sms.check(settings)
    reports.check(settings.report_secrets)
    seals.check(settings)
    keys = signing.read_keys(settings.keys_file)
    installation.install(settings, keys)
    load_models()
    engine = db.connect(settings.database_url)
    with engine.connect() as connection:
        migrations.refuse_strong_user(connection)
    _introduce()
    reactions.connect()
    return keys


def build(settings: Settings, keys: Keys) -> edge.PortalFlask:
    """The pages; of a house that has been opened. They name no database: they ask the one that is open."""
    app = edge.PortalFlask(
        "portal",
        root_path=str(ROOT),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "portal" / "static"),
    )
    app.config.update(
        SECRET_KEY=keys.signing[-1],
        TRUSTED_HOSTS=_trusted_hosts(settings),
        MAX_CONTENT_LENGTH=32 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=512 * 1024,
        MAX_FORM_PARTS=500,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        WTF_CSRF_SSL_STRICT=True,
        SEND_FILE_MAX_AGE_DEFAULT=31_536_000,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.session_interface = sessions.PortalSessions(keys, secure=settings.over_https)
    app.url_map.converters["id"] = IdConverter
    edge.install(app, settings, (*settings.checkout_origins, *payment_methods.origins()))
    language_pages.install(app)
    templating.install(app, settings)
    errors.install(app)
    hosts.install(app, settings)
    limits.install(app, settings.limits_url)
    app.extensions["csrf"] = CSRFProtect(app)
    app.before_commit.append(gates.remember_answer)
    _gates(app)
    app.context_processor(presenting.common)
    people_sessions.install(app)
    app.context_processor(people_presenting.common)
    app.extensions["portal.paper"] = invoices.on_paper
    for blueprint in features.BLUEPRINTS:
        app.register_blueprint(blueprint)
    api_description.install(app, IdConverter, api_calls.BLUEPRINTS)
    for blueprint in (*payments_provider.csrf_exempt, *api_calls.BLUEPRINTS):  # neither comes with a cookie
        app.extensions["csrf"].exempt(blueprint)
    return app


def _introduce() -> None:
    """What each feature brings to the pages, panels and messages of others, in its place (portal.features)."""
    people_presenting.navigation[:] = navigation.ENTRIES
    offers.providers[:] = features.OFFERS
    ladder.providers[:] = features.LADDER
    causes.labels.update(features.CAUSES)
    turns.by_kind.update(features.TURNS)
    panels.for_staff.update(features.STAFF_PANELS)
    panels.for_customer.update(features.CUSTOMER_PANELS)
    keepsakes.providers[:] = features.KEEPSAKES
    invoice_lines.readers[:] = features.LINE_READERS
    own_pdf.readers[:] = features.PDF_READERS
    invoice_remarks.makers[:] = features.REMARKS
    messages.why_not_send[:] = features.WHY_NOT_SEND
    messages.not_before[:] = features.NOT_BEFORE


def _gates(app: edge.PortalFlask) -> None:
    app.extensions["portal.gates"] = gates.Loaders(
        visit=visits.load,
        person=people_sessions.load_person,
        system=api_gate.load,
        no_visit=entry_pages.without_visit,
        no_person=people_sessions.no_person,
        no_proof=people_proof.ask,
    )


def _trusted_hosts(settings: Settings) -> list[str]:
    hosts = [settings.public_url.split("://", 1)[1].split(":")[0]]
    if settings.staff_host:
        hosts.append(settings.staff_host)
    return hosts


def _log(settings: Settings) -> None:
    """JSON lines on stderr in production, readable ones elsewhere; never a token, never a name."""
    renderer = (
        structlog.processors.JSONRenderer()
        if settings.in_production
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            foreign_pre_chain=[
                structlog.stdlib.add_log_level,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso"),
                structlog.processors.format_exc_info,
            ],
        )
    )
    root = logging.getLogger("portal")
    root.handlers[:] = [handler]
    root.propagate = False
    root.setLevel(logging.INFO if settings.in_production else logging.WARNING)
    for talkative in ("stripe", "urllib3", "sqlalchemy"):  # at DEBUG they tell whole bodies, addresses and rows
        logging.getLogger(talkative).setLevel(logging.WARNING)


COMMANDS = (
    database.group,
    creditors.group,
    staff.group,
    keys.group,
    backup.backup,
    backup.restore,
    payments.group,
    import_statement.group,
    import_sdi.group,
    import_ratings.group,
    predict.group,
    explain.group,
    qr.qr,
    links.group,
    bounces.group,
    looking.audit,
    evidence.group,
    looking.show_states,
    cadence.cadence,
    cadence.remind,
    results.results,
    kpi.kpi,
    webhooks.group,
    privacy.group,
    serving.serve,
    serving.worker,
    demo.demo,
    simulate.simulate,
    generate.generate,
)


def command_line() -> None:
    """The console script `portal`."""
    for of_qr in (qr_link.link, qr_links.qr_links, qr_links.qr_text):
        qr.qr.add_command(of_qr)
    for command in COMMANDS:
        line.portal.add_command(command)
    line.portal(obj=line.Context(create_app=create_app))
