"""Who of the creditor's people may do what: one table from role to permissions (issue 2 §9, rule A-60)."""

import enum
from collections.abc import Mapping

from portal.core.text import Text, t


class Permission(enum.Enum):
    """What a creditor's view asks for; a view names exactly one with `@allow`."""

    READ = "read"  # debtors, invoices, due items, what happened
    READ_MESSAGES = "read_messages"  # what was written to debtors, word for word
    ANSWER = "answer"  # reply to a question, settle what was reported wrong
    CONTACTS = "contacts"  # add, correct and stop a debtor's addresses
    SEND = "send"  # send messages and links, revoke links, end visits
    LETTERS = "letters"  # print what goes by post, and say when it went
    READ_IMPORTS = "read_imports"  # what came in, row by row, whoever it is about
    VOUCH = "vouch"  # have made sure who asks, and let what asks for a code be done without one (rule A-45)
    IMPORT = "import"  # take invoices in
    WITHDRAW = "withdraw"  # take an invoice back, so that nobody is asked to pay it
    HARDSHIP = "hardship"  # who said that it is hard to pay just now, and what would help (rule C-26)
    WAIVE = "waive"  # let a customer off interest or costs
    BEYOND_POLICY = "beyond_policy"  # agree or propose a plan beyond what the policy allows
    HOLD_BACK = "hold_back"  # decide that a customer's deliveries wait for an amount, or no longer do
    CREDIT = "credit"  # how much a customer may owe, and what follows where it is much
    GOALS = "goals"  # what the figures shall become
    PLANS = "plans"  # what customers may agree in instalments by themselves
    EXPORT = "export"  # take data out of the portal
    WEBHOOKS = "webhooks"  # endpoints, their secrets, deliveries and their replay
    REFUND = "refund"  # give money back: ask for it, or agree to what a colleague asked
    SETTINGS = "settings"  # how the creditor appears, terms, the gate's fact
    INVITE = "invite"  # see who works here, invite colleagues
    PEOPLE = "people"  # change roles, end access, give agencies their mandates
    KEYS = "keys"  # let the creditor's systems in, and shut them out (rule A-66)
    ACCOUNT = "account"  # ask for another bank account, call it off
    APPROVE_ACCOUNT = "approve_account"  # be the second of four eyes on it (rule A-66)


class Role(enum.Enum):
    """A person's job at one creditor; the value stands in `memberships.role`."""

    VIEWER = "viewer"
    AGENT = "agent"
    MANAGER = "manager"
    ADMIN = "admin"

    @property
    def label(self) -> Text:
        return LABELS[self]

    @property
    def hint(self) -> Text:
        return HINTS[self]


LABELS: Mapping[Role, Text] = {
    Role.VIEWER: t("Viewer"),
    Role.AGENT: t("Agent"),
    Role.MANAGER: t("Manager"),
    Role.ADMIN: t("Administrator"),
}
HINTS: Mapping[Role, Text] = {
    Role.VIEWER: t("Sees everything, changes nothing."),
    Role.AGENT: t("Also answers debtors, corrects addresses and manages links."),
    Role.MANAGER: t("Also takes invoices in and back, takes data out, sees to your systems and invites colleagues."),
    Role.ADMIN: t("Also changes the settings and decides who works here."),
}

_VIEWER = frozenset({Permission.READ, Permission.READ_MESSAGES, Permission.READ_IMPORTS})
_AGENT = _VIEWER | {Permission.ANSWER, Permission.CONTACTS, Permission.SEND, Permission.LETTERS}
_MANAGER = _AGENT | {
    Permission.VOUCH,
    Permission.IMPORT,
    Permission.WITHDRAW,
    Permission.HARDSHIP,
    Permission.WAIVE,
    Permission.BEYOND_POLICY,
    Permission.HOLD_BACK,
    Permission.CREDIT,
    Permission.GOALS,
    Permission.PLANS,
    Permission.EXPORT,
    Permission.WEBHOOKS,
    Permission.REFUND,
    Permission.INVITE,
    Permission.APPROVE_ACCOUNT,
}

ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.AGENT: _AGENT,
    Role.MANAGER: _MANAGER,
    Role.ADMIN: _MANAGER | {Permission.SETTINGS, Permission.PEOPLE, Permission.KEYS, Permission.ACCOUNT},
}
# All that an agency's people may ever do, whatever their role: work with single customers. What is taken out of the
# portal, and what concerns the creditor as a whole, is the creditor's own.
OF_AGENCIES = frozenset(
    {Permission.READ, Permission.READ_MESSAGES, Permission.ANSWER, Permission.CONTACTS, Permission.SEND}
)
AGENCY_ROLES = frozenset({Role.VIEWER, Role.AGENT, Role.MANAGER})
# Who holds one of these has a second factor before they see anything (rule A-66).
NEED_SECOND_FACTOR = frozenset({Role.MANAGER, Role.ADMIN})
_INVITES: Mapping[Role, frozenset[Role]] = {
    Role.MANAGER: frozenset({Role.VIEWER, Role.AGENT}),
    Role.ADMIN: frozenset(Role),
}


def may(role: Role, permission: enum.Enum, *, through_agency: bool = False) -> bool:
    return permission in ROLES[role] and (not through_agency or permission in OF_AGENCIES)


def may_invite(role: Role, as_role: Role) -> bool:
    """Nobody invites somebody who may do more than they may themselves."""
    return as_role in _INVITES.get(role, frozenset())


def read(written: str) -> Role | None:
    """The role behind a stored or typed word; None for any other word."""
    return next((role for role in Role if role.value == written), None)
