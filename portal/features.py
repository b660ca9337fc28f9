"""What every feature brings: its pages, its roads, its part of a case's page, its word before a message.

Lists and nothing else: a new feature adds its lines here, and `portal.wiring` puts them in their places.
"""

from portal.account_papers import creditor_pages as account_papers_creditor
from portal.account_papers import debtor_pages as account_papers_debtor
from portal.account_papers import offers as account_papers_offers
from portal.already_paid import actions as already_paid
from portal.already_paid import creditor_pages as already_paid_creditor
from portal.already_paid import debtor_pages as already_paid_debtor
from portal.already_paid import offers as already_paid_offers
from portal.api import calls as api_calls
from portal.bank_statements import creditor_pages as bank_creditor
from portal.bank_statements import debtor_pages as bank_debtor
from portal.bank_statements import queue_pages as bank_queue
from portal.calls import actions as calls
from portal.calls import creditor_pages as calls_creditor
from portal.calls import debtor_pages as calls_debtor
from portal.cases import causes, kinds, panels, turns
from portal.cases import creditor_pages as cases_creditor
from portal.cases import debtor_pages as cases_debtor
from portal.cases import ladder as cases_ladder
from portal.cases import settings_pages as case_settings
from portal.channel_wishes import creditor_pages as channel_wishes_creditor
from portal.channel_wishes import debtor_pages as channel_wishes_debtor
from portal.channel_wishes import queries as channel_wishes
from portal.confirmations import creditor_pages as confirmations_creditor
from portal.confirmations import debtor_pages as confirmations_debtor
from portal.confirmations import offers as confirmations_offers
from portal.confirmations import rules as confirmations_rules
from portal.credit_lines import creditor_pages as credit_creditor
from portal.credit_lines import rating_pages as credit_ratings
from portal.credit_lines import settings_pages as credit_settings
from portal.creditors import brand_pages
from portal.debtors import creditor_pages as doors_creditor
from portal.debtors import data_pages, door_pages, entry_pages, hand_over_pages, step_up, step_up_pages
from portal.debtors import queries as debtors
from portal.digests import creditor_pages as digests_creditor
from portal.disputes import creditor_pages as disputes_creditor
from portal.disputes import debtor_pages as disputes_debtor
from portal.disputes import offers as disputes_offers
from portal.disputes import panels as disputes_panels
from portal.disputes import reasons as disputes_reasons
from portal.disputes import settings_pages as disputes_settings
from portal.excuses import creditor_pages as excuses_creditor
from portal.first_steps import creditor_pages as first_steps_creditor
from portal.friction import creditor_pages as friction_creditor
from portal.goals import creditor_pages as goals_creditor
from portal.hardship import creditor_pages as hardship_creditor
from portal.hardship import debtor_pages as hardship_debtor
from portal.home import creditor_pages as home_creditor
from portal.home import debtor_pages as home_debtor
from portal.imports import creditor_pages as imports_creditor
from portal.imports.einvoices import attached as einvoice_attached
from portal.imports.einvoices import lines as einvoice_lines
from portal.inbox import (
    agency_pages,
    debtor_card_forms,
    debtor_list_pages,
    due_item_pages,
    evidence_pages,
    invoice_pages,
    payment_pages,
    queue_pages,
    settings_pages,
    today_pages,
)
from portal.insights import creditor_pages as figures_creditor
from portal.insights import row_pages as figure_rows
from portal.insights import supervision_pages as supervision
from portal.interest import creditor_pages as interest_creditor
from portal.invoices import debtor_pages as invoices_debtor
from portal.late_risk import creditor_pages as late_risk_creditor
from portal.mailboxes import creditor_pages as mailbox_creditor
from portal.messages import creditor_pages as messages_creditor
from portal.messages import report_pages, unsubscribe_pages
from portal.months import creditor_pages as months_creditor
from portal.overpayments import creditor_pages as overpayments_creditor
from portal.overpayments import debtor_pages as overpayments_debtor
from portal.payments import creditor_pages as payments_creditor
from portal.payments import debtor_pages as payments_debtor
from portal.payments import offers as payments_offers
from portal.payments import provider_pages as payments_provider
from portal.payments import transfer_pages as transfers_debtor
from portal.people import account_pages as people_account
from portal.people import creditor_pages as people_creditor
from portal.people import entry_pages as people_entry
from portal.people import own_pages as people_own
from portal.people import proof_pages as people_proof
from portal.people import second_factor_pages as people_second_factor
from portal.plans import answer_pages as plans_answers
from portal.plans import autopay_pages as plans_autopay
from portal.plans import choosing_pages as plan_choice
from portal.plans import creditor_pages as plans_creditor
from portal.plans import debtor_pages as plans_debtor
from portal.plans import living as plans_living
from portal.plans import offers as plans_offers
from portal.plans import panels as plans_panels
from portal.plans import paper_pages as plan_papers
from portal.plans import settings_pages as plans_settings
from portal.postal import actions as postal
from portal.postal import creditor_pages as postal_creditor
from portal.privacy import creditor_pages as privacy_creditor
from portal.privacy import debtor_pages as privacy_debtor
from portal.promises import actions as promises
from portal.promises import creditor_pages as promises_creditor
from portal.promises import debtor_pages as promises_debtor
from portal.promises import notices as promises_notices
from portal.promises import offers as promises_offers
from portal.reasons import debtor_pages as reasons_debtor
from portal.releases import creditor_pages as releases_creditor
from portal.reminders import actions as reminders
from portal.reminders import agency_caps
from portal.reminders import by_people as reminders_by_people
from portal.reminders import creditor_pages as reminders_creditor
from portal.reminders import settings_pages as reminders_settings
from portal.sdi import creditor_pages as sdi_creditor
from portal.sdi import presenting as sdi_presenting
from portal.sdi import rules as sdi_rules
from portal.silence import creditor_pages as silence_creditor
from portal.silence import limitation_pages as silence_limits
from portal.silence import queries as silence
from portal.spoken import creditor_pages as spoken_creditor
from portal.surveys import actions as surveys
from portal.surveys import comment_pages as survey_comments
from portal.surveys import feedback_pages as survey_feedback
from portal.surveys import improvement_pages as survey_improvements
from portal.surveys import interview_pages as survey_interviews
from portal.surveys import question_pages as survey_question
from portal.surveys import settings_pages as survey_settings
from portal.sync import connector_pages as connectors_creditor
from portal.sync import creditor_pages as sync_creditor
from portal.sync import reconciliation_pages as reconciliation_creditor
from portal.texts import creditor_pages as texts_creditor
from portal.undelivered import presenting as undelivered_presenting
from portal.web import health
from portal.webhooks import creditor_pages as webhooks_creditor
from portal.webhooks import endpoint_pages as endpoint_creditor
from portal.wrong_addresses import creditor_pages as wrong_addresses_creditor
from portal.wrong_addresses import debtor_pages as wrong_addresses_debtor
from portal.wrong_addresses import door_pages as not_me_pages
from portal.wrong_addresses import rules as wrong_addresses_rules

BLUEPRINTS = (
    health.blueprint,
    entry_pages.blueprint,
    door_pages.blueprint,
    door_pages.inside,
    not_me_pages.blueprint,
    wrong_addresses_debtor.blueprint,
    wrong_addresses_creditor.blueprint,
    data_pages.blueprint,
    channel_wishes_debtor.blueprint,
    channel_wishes_creditor.blueprint,
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
    plan_choice.blueprint,
    plans_debtor.blueprint,
    plans_autopay.blueprint,
    already_paid_debtor.blueprint,
    unsubscribe_pages.blueprint,
    survey_question.blueprint,
    report_pages.blueprint,
    payments_debtor.blueprint,
    transfers_debtor.blueprint,
    plan_papers.blueprint,
    plan_papers.staff_blueprint,
    overpayments_debtor.blueprint,
    overpayments_creditor.blueprint,
    payments_provider.blueprint,
    payments_creditor.blueprint,
    cases_creditor.blueprint,
    case_settings.blueprint,
    confirmations_creditor.blueprint,
    promises_creditor.blueprint,
    plans_creditor.blueprint,
    plans_answers.blueprint,
    releases_creditor.blueprint,
    figures_creditor.blueprint,
    figure_rows.blueprint,
    supervision.blueprint,
    goals_creditor.blueprint,
    months_creditor.blueprint,
    first_steps_creditor.blueprint,
    spoken_creditor.blueprint,
    silence_creditor.blueprint,
    silence_limits.blueprint,
    credit_creditor.blueprint,
    late_risk_creditor.blueprint,
    reminders_creditor.blueprint,
    credit_ratings.blueprint,
    already_paid_creditor.blueprint,
    disputes_creditor.blueprint,
    disputes_settings.blueprint,
    imports_creditor.blueprint,
    mailbox_creditor.blueprint,
    sdi_creditor.blueprint,
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
    excuses_creditor.blueprint,
    friction_creditor.blueprint,
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
    postal_creditor.blueprint,
    webhooks_creditor.blueprint,
    endpoint_creditor.blueprint,
    sync_creditor.blueprint,
    *api_calls.PAGES,
    connectors_creditor.blueprint,
    reconciliation_creditor.blueprint,
    privacy_creditor.blueprint,
    plans_settings.blueprint,
    credit_settings.blueprint,
    reminders_settings.blueprint,
    digests_creditor.blueprint,
    texts_creditor.blueprint,
    survey_feedback.blueprint,
    survey_comments.blueprint,
    survey_improvements.blueprint,
    survey_interviews.blueprint,
    survey_settings.blueprint,
)

# What a debtor may do, feature by feature: shown wherever roads are shown (portal.web.offers).
OFFERS = (
    payments_offers.offer,
    confirmations_offers.offer,
    disputes_offers.offer,
    plans_offers.offer,
    promises_offers.offer,
    already_paid_offers.offer,
    cases_debtor.offer,
    calls_debtor.offer,
)

# What waits about a document, for the pages that say where it stands (portal.web.ladder).
LADDER = (cases_ladder.of_visit,)

# What a debtor may keep now (portal.web.keepsakes).
KEEPSAKES = (account_papers_offers.keepsakes,)

# What the reasons of cases are called, by the kind of case (portal.cases.causes).
CAUSES: dict[str, causes.Label] = {
    kinds.DISPUTE: disputes_reasons.name,
    kinds.PROBLEM: confirmations_rules.cause,
    kinds.SDI: sdi_rules.CAUSES.get,
    kinds.UNREACHED: undelivered_presenting.CAUSES.get,
    kinds.WRONG_PERSON: wrong_addresses_rules.REASONS.get,
}
# What features add to the page of their cases (portal.cases.panels).
STAFF_PANELS: dict[str, panels.MakePanel] = {
    kinds.ALREADY_PAID: already_paid_creditor.panel,
    kinds.CALL: calls_creditor.panel,
    kinds.CREDIT_NOTE: disputes_panels.note_for_staff,
    kinds.CALL_TO_MAKE: reminders_by_people.panel,
    kinds.DIFFICULTY: hardship_creditor.panel,
    kinds.DISPUTE: disputes_panels.for_staff,
    kinds.NOT_RECEIVED: confirmations_creditor.panel,
    kinds.PLAN: plans_panels.for_staff,
    kinds.PROBLEM: confirmations_creditor.panel,
    kinds.PROMISE: promises_creditor.panel,
    kinds.WRONG_PERSON: wrong_addresses_creditor.panel,
}
CUSTOMER_PANELS: dict[str, panels.MakePanel] = {
    kinds.ALREADY_PAID: already_paid_debtor.panel,
    kinds.CALL: calls_debtor.panel,
    kinds.CREDIT_NOTE: disputes_panels.note_for_customer,
    kinds.DIFFICULTY: hardship_debtor.panel,
    kinds.DISPUTE: disputes_panels.for_customer,
    kinds.PLAN: plans_panels.for_customer,
    kinds.PROMISE: promises_debtor.panel,
}

# Who acts next in a case, and by when, while something of a feature's is under way (portal.cases.turns).
TURNS: dict[str, turns.WhoseTurn] = {kinds.CALL: calls.turn, kinds.PROMISE: promises.turn}

# Who reads the lines of an invoice from the file that it came in (portal.invoices.lines).
LINE_READERS = (einvoice_lines.lines_of,)
# Who unpacks the PDF that an e-invoice carries (portal.invoices.own_pdf).
PDF_READERS = (einvoice_attached.pdf_in,)

# What its customer reads beside an invoice (portal.invoices.remarks).
REMARKS = (sdi_presenting.for_customer,)

# Asked again at the moment of sending a message: one predicate a feature (decision 16).
WHY_NOT_SEND = (
    debtors.why_not_send,
    step_up.why_not_send,
    silence.why_not_send,
    channel_wishes.why_not_send,
    reminders.why_not_send,
    postal.why_not_send,
    promises_notices.why_not_send,
    plans_living.why_not_send,
    already_paid.why_not_send,
    surveys.why_not_send,
)

# The first moment that is right for a message: the latest of what these answer.
NOT_BEFORE = (reminders.not_before, agency_caps.not_before)
