"""What bank statements brought, as stories: transfers that came, wait, went back or were put aside."""

from portal.core.text import t
from portal.inbox.story import GOOD, PROBLEM, WAIT, Story

_WHY = {"why": t("%(why)s")}
STORIES: dict[str, Story] = {
    "statement_import.uploaded": Story(t("A bank statement was uploaded")),
    "statement_import.started": Story(t("A bank statement is being booked")),
    "statement_import.finished": Story(
        t("A bank statement is in: %(new)s new, %(booked)s booked, %(waiting)s to look at, %(refused)s refused"), GOOD
    ),
    "statement_import.failed": Story(t("Booking a bank statement stopped"), PROBLEM, _WHY),
    "statement_import.discarded": Story(t("A bank statement was discarded")),
    "bank_movement.arrived": Story(t("%(amount)s moved on the account")),
    "bank_movement.matched": Story(t("A movement names what it is for")),
    "bank_movement.waiting": Story(t("A transfer of %(amount)s waits for a colleague"), WAIT),
    "bank_movement.booked": Story(
        t("A transfer of %(amount)s arrived"),
        GOOD,
        {
            "open_minor": t("%(open)s is still open."),
            "excess_minor": t("%(excess)s was more than what was open: it is kept as their credit."),
        },
    ),
    "bank_movement.credited": Story(t("A transfer of %(amount)s is kept as their credit"), GOOD),
    "bank_movement.ignored": Story(t("A movement was put aside: %(why)s")),
    "bank_movement.told_apart": Story(t("A movement is another than the one it was like")),
    "own_account.confirmed": Story(t("One more account of yours is known: its statements are booked")),
    "bank_movement.reopened": Story(t("A movement is looked at again"), WAIT),
    "bank_movement.returned": Story(
        t("The bank took %(amount)s of a transfer back"), PROBLEM, {"left_minor": t("%(left)s of it stay paid.")}
    ),
    "bank_movement.return_short": Story(
        t("The bank took a transfer back, of which %(amount)s had gone back to them already: they have that twice"),
        PROBLEM,
    ),
    "bank_movement.undo_asked": Story(
        t("A colleague says that a transfer of %(amount)s was booked by mistake: another one has to agree"), WAIT
    ),
    "bank_movement.undo_declined": Story(t("A transfer of %(amount)s stays as it was booked")),
    "bank_movement.undone": Story(
        t("A transfer of %(amount)s had been booked here by mistake, and was taken off again"), PROBLEM
    ),
    "bank_movement.gave_back": Story(t("A movement gives an earlier transfer back")),
}
