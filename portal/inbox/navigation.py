"""The left column of the creditor's pages: few words, each shown to who may open it (look.md)."""

from portal.core.text import t
from portal.people.presenting import Entry
from portal.people.roles import Permission

ENTRIES = (
    Entry(t("Today"), "today_creditor.show", Permission.READ),
    Entry(t("Queue"), "queue_creditor.show", Permission.READ),
    Entry(t("Due items"), "due_items_creditor.show", Permission.READ),
    Entry(t("Customers"), "debtor_list_creditor.show", Permission.READ),
    Entry(t("Plans"), "plans_creditor.show_list", Permission.READ),
    Entry(t("Credit lines"), "credit_creditor.show_list", Permission.READ),
    Entry(t("Payments"), "refunds_creditor.show_list", Permission.READ),
    Entry(t("Bank"), "bank_queue_creditor.show_queue", Permission.READ),
    Entry(t("Figures"), "figures_creditor.show", Permission.READ),
    Entry(t("What comes next"), "calendar_creditor.show", Permission.READ),
    Entry(t("Messages"), "messages_creditor.show_list", Permission.READ_MESSAGES),
    Entry(t("Listening"), "feedback_creditor.show", Permission.READ),
    Entry(t("From link to settled"), "friction_creditor.show", Permission.READ_MESSAGES),
    Entry(t("Imports"), "imports_creditor.show_upload", Permission.READ_IMPORTS),
    Entry(t("Your systems"), "webhooks_creditor.show_endpoints", Permission.WEBHOOKS),
    Entry(t("People"), "people_creditor.show_list", Permission.INVITE),
    Entry(t("Settings"), "settings_creditor.show", Permission.SETTINGS),
)
