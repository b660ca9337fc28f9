"""What the SdI said of invoices, as stories."""

from portal.core.text import t
from portal.inbox.story import GOOD, PROBLEM, WAIT, Story

STORIES: dict[str, Story] = {
    "sdi.message_read": Story(t("The SdI says of invoice %(number)s: %(says)s")),
    "sdi.invoice_rejected": Story(t("The SdI rejected invoice %(number)s: nobody asks for it now"), PROBLEM),
    "sdi.invoice_refused": Story(t("The office that invoice %(number)s is for refused it"), PROBLEM),
    "sdi.invoice_cleared": Story(t("Invoice %(number)s was sent anew, or went through: it is asked for again"), GOOD),
    "sdi.invoice_undelivered": Story(
        t("The SdI could not deliver invoice %(number)s: the customer should know where it lies"), WAIT
    ),
    "receipt.sdi_delivered": Story(t("The SdI delivered invoice %(number)s"), GOOD),
}
