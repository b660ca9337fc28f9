"""Where everything meets: the database, the gates, every feature, what follows from what, the commands.

The only module that knows all features; nothing imports it but `app.py` and the console script.
"""

import importlib
import logging
import pkgutil
import sys

import structlog
from flask_wtf.csrf import CSRFProtect
from werkzeug.routing import BaseConverter, ValidationError

import portal
from portal import reactions
from portal.account_papers import creditor_pages as account_papers_creditor
from portal.account_papers import debtor_pages as account_papers_debtor
from portal.account_papers import offers as account_papers_offers
from portal.already_paid import creditor_pages as already_paid_creditor
from portal.already_paid import debtor_pages as already_paid_debtor
from portal.already_paid import jobs as already_paid_jobs
from portal.already_paid import offers as already_paid_offers
from portal.bank_statements import creditor_pages as bank_creditor
from portal.bank_statements import debtor_pages as bank_debtor
from portal.bank_statements import jobs as bank_jobs
from portal.bank_statements import queue_pages as bank_queue
from portal.calls import creditor_pages as calls_creditor
from portal.calls import debtor_pages as calls_debtor
from portal.cases import causes, kinds, panels
from portal.cases import creditor_pages as cases_creditor
from portal.cases import debtor_pages as cases_debtor
from portal.cases import settings_pages as case_settings
from portal.commands import (
    backup,
    creditors,
    database,
    demo,
    explain,
    import_statement,
    keys,
    line,
    links,
    looking,
    payments,
    privacy,
    qr,
    qr_link,
    results,
    serving,
    simulate,
    staff,
    webhooks,
)
from portal.confirmations import debtor_pages as confirmations_debtor
from portal.confirmations import offers as confirmations_offers
from portal.confirmations import rules as confirmations_rules
from portal.core import db, ids, installation, migrations, signing
from portal.creditors import brand_pages
from portal.creditors import jobs as creditors_jobs
from portal.debtors import creditor_pages as doors_creditor
from portal.debtors import (
    data_pages,
    door_pages,
    entry_pages,
    hand_over_pages,
    presenting,
    step_up,
    step_up_pages,
    visits,
)
from portal.debtors import jobs as debtors_jobs
from portal.debtors import queries as debtors
from portal.disputes import creditor_pages as disputes_creditor
from portal.disputes import debtor_pages as disputes_debtor
from portal.disputes import offers as disputes_offers
from portal.disputes import panels as disputes_panels
from portal.disputes import reasons as disputes_reasons
from portal.disputes import settings_pages as disputes_settings
from portal.hardship import creditor_pages as hardship_creditor
from portal.hardship import debtor_pages as hardship_debtor
from portal.hardship import jobs as hardship_jobs
from portal.hardship import queries as hardship
from portal.home import creditor_pages as home_creditor
from portal.home import debtor_pages as home_debtor
from portal.imports import creditor_pages as imports_creditor
from portal.imports import jobs as imports_jobs
from portal.imports.einvoices import lines as einvoice_lines
from portal.inbox import (
    agency_pages,
    debtor_card_forms,
    debtor_list_pages,
    due_item_pages,
    evidence_pages,
    excuse_pages,
    invoice_pages,
    navigation,
    payment_pages,
    queue_pages,
    settings_pages,
    today_pages,
)
from portal.interest import creditor_pages as interest_creditor
from portal.interest import jobs as interest_jobs
from portal.invoices import debtor_pages as invoices_debtor
from portal.invoices import lines as invoice_lines
from portal.invoices import queries as invoices
from portal.messages import actions as messages
from portal.messages import creditor_pages as messages_creditor
from portal.messages import jobs as messages_jobs
from portal.messages import unsubscribe_pages
from portal.messages.channels import sms
from portal.overpayments import creditor_pages as overpayments_creditor
from portal.overpayments import debtor_pages as overpayments_debtor
from portal.overpayments import jobs as overpayments_jobs
from portal.payments import creditor_pages as payments_creditor
from portal.payments import debtor_pages as payments_debtor
from portal.payments import jobs as payments_jobs
from portal.payments import methods as payment_methods
from portal.payments import offers as payments_offers
from portal.payments import provider_pages as payments_provider
from portal.payments import transfer_pages as transfers_debtor
from portal.people import account_pages as people_account
from portal.people import creditor_pages as people_creditor
from portal.people import entry_pages as people_entry
from portal.people import jobs as people_jobs
from portal.people import own_pages as people_own
from portal.people import presenting as people_presenting
from portal.people import proof_pages as people_proof
from portal.people import second_factor_pages as people_second_factor
from portal.people import sessions as people_sessions
from portal.privacy import creditor_pages as privacy_creditor
from portal.privacy import debtor_pages as privacy_debtor
from portal.privacy import jobs as privacy_jobs
from portal.promises import creditor_pages as promises_creditor
from portal.promises import debtor_pages as promises_debtor
from portal.promises import jobs as promises_jobs
from portal.promises import notices as promises_notices
from portal.promises import offers as promises_offers
from portal.reasons import debtor_pages as reasons_debtor
from portal.reminders import actions as reminders
from portal.reminders import jobs as reminders_jobs
from portal.settings import ROOT, Settings
from portal.sync import creditor_pages as sync_creditor
from portal.trail import jobs as trail_jobs
from portal.web import (
    edge,
    errors,
    gates,
    health,
    hosts,
    keepsakes,
    language_pages,
    limits,
    offers,
    sessions,
    templating,
)
from portal.webhooks import creditor_pages as webhooks_creditor
from portal.webhooks import jobs as webhooks_jobs

BLUEPRINTS = (
    health.blueprint,
    entry_pages.blueprint,
    door_pages.blueprint,
    door_pages.inside,
    data_pages.blueprint,
    hand_over_pages.blueprint,
    step_up_pages.blueprint,
    home_debtor.blueprint,
    invoices_debtor.blueprint,
    account_papers_debtor.blueprint,
    confirmations_debtor.blueprint,
    disputes_debtor.blueprint,
    cases_debtor.blueprint,
    privacy_debtor.blueprint,
    hardship_debtor.blueprint,
    calls_debtor.blueprint,
    calls_creditor.blueprint,
    hardship_creditor.blueprint,
    reasons_debtor.blueprint,
    promises_debtor.blueprint,
    already_paid_debtor.blueprint,
    unsubscribe_pages.blueprint,
    payments_debtor.blueprint,
    transfers_debtor.blueprint,
    overpayments_debtor.blueprint,
    overpayments_creditor.blueprint,
    payments_provider.blueprint,
    payments_creditor.blueprint,
    cases_creditor.blueprint,
    case_settings.blueprint,
    promises_creditor.blueprint,
    already_paid_creditor.blueprint,
    disputes_creditor.blueprint,
    disputes_settings.blueprint,
    imports_creditor.blueprint,
    bank_creditor.blueprint,
    bank_debtor.blueprint,
    bank_queue.blueprint,
    brand_pages.blueprint,
    people_entry.blueprint,
    people_second_factor.blueprint,
    people_proof.blueprint,
    people_account.blueprint,
    people_own.blueprint,
    people_creditor.blueprint,
    today_pages.blueprint,
    queue_pages.blueprint,
    excuse_pages.blueprint,
    due_item_pages.blueprint,
    debtor_list_pages.blueprint,
    debtor_card_forms.blueprint,
    invoice_pages.blueprint,
    payment_pages.blueprint,
    evidence_pages.blueprint,
    doors_creditor.blueprint,
    account_papers_creditor.blueprint,
    settings_pages.blueprint,
    agency_pages.blueprint,
    home_creditor.blueprint,
    interest_creditor.blueprint,
    messages_creditor.blueprint,
    webhooks_creditor.blueprint,
    sync_creditor.blueprint,
    privacy_creditor.blueprint,
)

# What a debtor may do, feature by feature: shown wherever roads are shown (portal.web.offers).
OFFERS = (
    payments_offers.offer,
    confirmations_offers.offer,
    disputes_offers.offer,
    promises_offers.offer,
    already_paid_offers.offer,
    cases_debtor.offer,
    calls_debtor.offer,
)

# What the reasons of cases are called, by the kind of case (portal.cases.causes).
CAUSES: dict[str, causes.Label] = {
    kinds.DISPUTE: disputes_reasons.name,
    kinds.PROBLEM: confirmations_rules.CATEGORIES.get,
}
# What features add to the page of their cases (portal.cases.panels).
STAFF_PANELS: dict[str, panels.MakePanel] = {
    kinds.ALREADY_PAID: already_paid_creditor.panel,
    kinds.CALL: calls_creditor.panel,
    kinds.DIFFICULTY: hardship_creditor.panel,
    kinds.DISPUTE: disputes_panels.for_staff,
    kinds.PROMISE: promises_creditor.panel,
}
CUSTOMER_PANELS: dict[str, panels.MakePanel] = {
    kinds.ALREADY_PAID: already_paid_debtor.panel,
    kinds.CALL: calls_debtor.panel,
    kinds.DIFFICULTY: hardship_debtor.panel,
    kinds.DISPUTE: disputes_panels.for_customer,
    kinds.PROMISE: promises_debtor.panel,
}


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
    _log(settings)
    sms.check(settings)
    keys = signing.read_keys(settings.keys_file)
    installation.install(settings, keys)
    load_models()
    engine = db.connect(settings.database_url)
    with engine.connect() as connection:
        migrations.refuse_strong_user(connection)

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
    people_presenting.navigation[:] = navigation.ENTRIES
    app.context_processor(people_presenting.common)
    app.extensions["portal.paper"] = invoices.on_paper
    offers.providers[:] = OFFERS
    causes.labels.update(CAUSES)
    panels.for_staff.update(STAFF_PANELS)
    panels.for_customer.update(CUSTOMER_PANELS)
    invoice_lines.readers[:] = (einvoice_lines.lines_of,)
    keepsakes.providers[:] = (account_papers_offers.keepsakes,)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    for blueprint in payments_provider.csrf_exempt:
        app.extensions["csrf"].exempt(blueprint)
    messages.why_not_send[:] = WHY_NOT_SEND
    messages.not_before[:] = (reminders.not_before,)
    reactions.connect()
    return app


def _gates(app: edge.PortalFlask) -> None:
    app.extensions["portal.gates"] = gates.Loaders(
        visit=visits.load,
        person=people_sessions.load_person,
        no_visit=entry_pages.no_link,
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


# What works off rows and what runs every so often: importing a module registers it.
JOBS = (
    creditors_jobs,
    people_jobs,
    debtors_jobs,
    messages_jobs,
    payments_jobs,
    promises_jobs,
    already_paid_jobs,
    interest_jobs,
    overpayments_jobs,
    imports_jobs,
    bank_jobs,
    hardship_jobs,
    reminders_jobs,
    webhooks_jobs,
    privacy_jobs,
    trail_jobs,
)

# Asked again at the moment of sending a message: one predicate a feature (decision 16).
WHY_NOT_SEND = (
    debtors.why_not_send,
    step_up.why_not_send,
    hardship.why_not_send,
    reminders.why_not_send,
    promises_notices.why_not_send,
)


COMMANDS = (
    database.group,
    creditors.group,
    staff.group,
    keys.group,
    backup.backup,
    backup.restore,
    payments.group,
    import_statement.group,
    explain.group,
    qr.qr,
    links.group,
    looking.audit,
    looking.show_states,
    looking.caring,
    results.results,
    webhooks.group,
    privacy.group,
    serving.serve,
    serving.worker,
    demo.demo,
    simulate.simulate,
)


def command_line() -> None:
    """The console script `portal`."""
    qr.qr.add_command(qr_link.link)
    for command in COMMANDS:
        line.portal.add_command(command)
    line.portal(obj=line.Context(create_app=create_app))
