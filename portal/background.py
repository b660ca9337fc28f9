"""What works off rows of the queue, and what runs every so often: importing a module registers what is in it."""

from portal.already_paid import jobs as already_paid_jobs
from portal.bank_statements import jobs as bank_jobs
from portal.cases import jobs as cases_jobs
from portal.credit_lines import jobs as credit_jobs
from portal.creditors import jobs as creditors_jobs
from portal.debtors import jobs as debtors_jobs
from portal.digests import jobs as digests_jobs
from portal.goals import jobs as goals_jobs
from portal.hardship import jobs as hardship_jobs
from portal.imports import jobs as imports_jobs
from portal.interest import jobs as interest_jobs
from portal.late_risk import jobs as late_risk_jobs
from portal.mailboxes import jobs as mailboxes_jobs
from portal.messages import jobs as messages_jobs
from portal.months import jobs as months_jobs
from portal.overpayments import jobs as overpayments_jobs
from portal.payments import jobs as payments_jobs
from portal.people import jobs as people_jobs
from portal.plans import answer_jobs as plans_answer_jobs
from portal.plans import autopay_jobs as plans_autopay_jobs
from portal.plans import jobs as plans_jobs
from portal.plans import paper_jobs as plan_paper_jobs
from portal.postal import jobs as postal_jobs
from portal.privacy import jobs as privacy_jobs
from portal.promises import jobs as promises_jobs
from portal.reminders import jobs as reminders_jobs
from portal.silence import jobs as silence_jobs
from portal.summaries import jobs as summaries_jobs
from portal.surveys import jobs as surveys_jobs
from portal.sync import jobs as sync_jobs
from portal.trail import jobs as trail_jobs
from portal.webhooks import jobs as webhooks_jobs

JOBS = (
    creditors_jobs,
    people_jobs,
    debtors_jobs,
    messages_jobs,
    payments_jobs,
    cases_jobs,
    promises_jobs,
    plans_jobs,
    plans_answer_jobs,
    plans_autopay_jobs,
    already_paid_jobs,
    interest_jobs,
    overpayments_jobs,
    plan_paper_jobs,
    imports_jobs,
    mailboxes_jobs,
    bank_jobs,
    hardship_jobs,
    silence_jobs,
    postal_jobs,
    reminders_jobs,
    credit_jobs,
    late_risk_jobs,
    surveys_jobs,
    goals_jobs,
    months_jobs,
    digests_jobs,
    webhooks_jobs,
    sync_jobs,
    privacy_jobs,
    trail_jobs,
    summaries_jobs,
)
