"""Why nobody may chase a due item now: the reasons, and how each is said."""

from portal.core.text import Text, t

TRANSFER_ON_ITS_WAY = "transfer_on_its_way"
PAYMENT_PROCESSING = "payment_processing"
NOT_RECEIVED = "not_received"
PROBLEM_REPORTED = "problem_reported"
DISPUTED = "disputed"

LABELS: dict[str, Text] = {
    TRANSFER_ON_ITS_WAY: t("a transfer is on its way"),
    PAYMENT_PROCESSING: t("a payment is being processed"),
    NOT_RECEIVED: t("the invoice has not arrived"),
    PROBLEM_REPORTED: t("something is wrong with the invoice"),
    DISPUTED: t("it is disputed"),
}
