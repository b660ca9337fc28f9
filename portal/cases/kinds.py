"""What a case can be about: its name, how urgent it is, how long an answer may take, how it may end.

Every kind stands here, also those of features above, so that queue, page and message name it in the same words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.core.text import Text, t

QUESTION = "question"
NOT_RECEIVED = "not_received"
PROBLEM = "problem"
DISPUTE = "dispute"
ALREADY_PAID = "already_paid"
PROMISE = "promise"
PLAN = "plan"
DIFFICULTY = "difficulty"
CALL = "call"
WRONG_PERSON = "wrong_person"
SDI = "sdi"  # the electronic invoice did not go through, or did not reach the customer
ESCALATION = "escalation"  # the cadence's: sales and credit look at a customer together
CALL_TO_MAKE = "call_to_make"  # the cadence's: somebody calls
DECISION = "decision"  # the cadence's last: people decide what comes next
FEEDBACK = "feedback"  # they said how it went, and would like to talk about it
CREDIT_NOTE = "credit_note"  # of the creditor's system, for what was valid of a dispute
UNREACHED = "unreached"  # what we write does not arrive, or is not wanted there (portal.undelivered)
NO_WAY, COMPLAINED = "no_way", "complained"  # why

ANSWERED = "answered"  # an outcome that every kind has
TAKEN_BACK = "taken_back"  # by the customer
SETTLED = "settled"  # nothing is open on its document any more
BY_MISTAKE = "by_mistake"
OWN_FILE = "own_file"  # the cause of a problem that the creditor's own file speaks of


@dataclass(frozen=True, slots=True)
class Kind:
    """`rank`: the higher, the sooner somebody should look. `answer_days` are working days, the creditor's default.

    `private`: seen by few roles and never told to the creditor's systems (rule C-26). `outcomes` name how such a
    case may end, besides "answered" and "taken back". `answered_by` is the message that says that we wrote.
    """

    label: Text
    rank: int
    answer_days: int
    outcomes: Mapping[str, Text] = field(default_factory=dict)
    private: bool = False
    internal: bool = False  # the creditor's people among themselves: the customer neither sees it nor is written to
    ours: Text | None = None  # how it stands while it is the creditor's, where that is not "waits for an answer"
    theirs: Text | None = None  # what is said while the customer acts next, where "answered" is not it
    answered_by: str = "question_answered"


KINDS: Mapping[str, Kind] = {
    WRONG_PERSON: Kind(
        t("Wrong address or person"),
        90,
        1,
        {"stopped": t("the address is used no more"), "theirs": t("the address is right")},
    ),
    DIFFICULTY: Kind(
        t("Hard to pay just now"),
        80,
        1,
        {"agreed": t("we have found a way"), "rest_over": t("the rest is over")},
        private=True,
    ),
    DISPUTE: Kind(
        t("Something is wrong with the invoice"),
        70,
        5,
        {"upheld": t("valid"), "partially_upheld": t("partly valid"), "rejected": t("not valid")},
        answered_by="dispute_question",
    ),
    PROBLEM: Kind(
        t("Something is wrong with the document"),
        65,
        3,
        {"cleared_up": t("cleared up"), "taken_further": t("goes on under another number")},
    ),
    SDI: Kind(
        t("The electronic invoice"),
        66,
        2,
        {
            "sent_anew": t("sent anew"),
            "customer_told": t("the customer knows where it lies"),
            "has_arrived": t("it has arrived now"),
        },
        ours=t("we see to the electronic invoice"),
    ),
    CALL: Kind(
        t("A call"),
        60,
        1,
        {"called": t("we have spoken"), "not_reached": t("nobody answered")},
        ours=t("a call is booked"),
    ),
    NOT_RECEIVED: Kind(
        t("The document has not arrived"),
        55,
        1,
        {"sent_again": t("sent again"), "has_arrived": t("it has arrived now")},
        theirs=t("sent again"),
    ),
    QUESTION: Kind(t("A question"), 50, 2),
    ALREADY_PAID: Kind(
        t("Already paid"),
        40,
        3,
        {"found": t("the money is here"), "not_found": t("no money was found")},
        ours=t("we are looking for the money"),
    ),
    PLAN: Kind(
        t("A plan in instalments"),
        75,
        3,
        {"agreed": t("agreed"), "rejected": t("not agreed"), "not_answered": t("not answered in time")},
        answered_by="plan_question",
    ),
    CALL_TO_MAKE: Kind(
        t("A call to make"),
        61,
        1,
        {
            "spoken": t("we have spoken"),
            "not_reached": t("nobody answered"),
            "wrong_number": t("the number is not theirs"),
            "no_calls": t("they want no calls"),
        },
        internal=True,
        ours=t("somebody calls"),
    ),
    DECISION: Kind(
        t("Decide what comes next"),
        62,
        5,
        {
            "found_a_way": t("we have found a way"),
            "goes_on": t("we go on by ourselves"),
            "handed_over": t("handed on, outside this portal"),
            "given_up": t("we ask for it no more"),
        },
        internal=True,
        ours=t("somebody decides what comes next"),
    ),
    ESCALATION: Kind(
        t("Sales and credit together"),
        58,
        3,
        {
            "spoken": t("we have spoken"),
            "found_a_way": t("we have found a way"),
            "goes_on": t("we go on by ourselves"),
        },
        internal=True,
        ours=t("sales and credit look at it"),
    ),
    FEEDBACK: Kind(
        t("How it went: a call"),
        57,
        1,
        {"spoken": t("we have spoken"), "not_reached": t("nobody answered")},
        ours=t("somebody calls you"),
    ),
    CREDIT_NOTE: Kind(
        t("A credit note"),
        30,
        5,
        {"came": t("the credit note has come"), "none_comes": t("no credit note comes")},
        ours=t("a credit note for it is on its way"),
    ),
    UNREACHED: Kind(
        t("How we can reach you"),
        35,
        2,
        {"new_way": t("there is another way"), "by_hand": t("we write letters, or call")},
        ours=t("we look for another way"),
    ),
    PROMISE: Kind(
        t("A promise to pay"),
        20,
        2,
        {
            "kept": t("kept"),
            "broken": t("the day has passed"),
            "overtaken": t("settled in another way"),
            "expired": t("the day came while something else was being settled"),
        },
        theirs=t("promised"),
    ),
}
_OUTCOMES: Mapping[str, Text] = {
    ANSWERED: t("answered"),
    TAKEN_BACK: t("taken back"),
    SETTLED: t("nothing is open any more"),
    BY_MISTAKE: t("it was a mistake"),
}


def outcome(kind: str, key: str | None) -> Text | None:
    """How a case ended, in words; None where it has not."""
    if key is None:
        return None
    return KINDS[kind].outcomes.get(key) or _OUTCOMES.get(key) or Text(key)


def is_outcome(kind: str, key: str) -> bool:
    return key in KINDS[kind].outcomes or key in _OUTCOMES


# What is about a document alone: it keeps nobody from being forgotten once that is settled.
ABOUT_A_DOCUMENT = frozenset({PROBLEM, NOT_RECEIVED, SDI})
INTERNAL = frozenset(key for key, kind in KINDS.items() if kind.internal)
PRIVATE = frozenset(key for key, kind in KINDS.items() if kind.private)
