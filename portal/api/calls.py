"""All that a creditor's system may call, in the order of the description, and the pages about it."""

from portal.api import (
    creditor_pages,
    debtor_calls,
    dispute_calls,
    docs_pages,
    figure_calls,
    history_calls,
    holding_calls,
    invoice_calls,
    key_calls,
    link_calls,
    payment_calls,
    plan_calls,
)

BLUEPRINTS = (
    key_calls.blueprint,
    invoice_calls.blueprint,
    payment_calls.blueprint,
    debtor_calls.blueprint,
    link_calls.blueprint,
    holding_calls.blueprint,
    dispute_calls.blueprint,
    plan_calls.blueprint,
    history_calls.blueprint,
    figure_calls.blueprint,
)
PAGES = (creditor_pages.blueprint, docs_pages.blueprint)
