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
    IMPORT = "import"  # take invoices in
    WITHDRAW = "withdraw"  # take an invoice back, so that nobody is asked to pay it
    EXPORT = "export"  # take data out of the portal
    WEBHOOKS = "webhooks"  # endpoints, their secrets, deliveries and their replay
    SETTINGS = "settings"  # how the creditor appears, terms, the gate's fact
    PEOPLE = "people"  # invite colleagues, change roles, disable


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
    Role.MANAGER: t("Also takes invoices in and back, takes data out and sees to your systems."),
    Role.ADMIN: t("Also changes the settings and decides who works here."),
}

_VIEWER = frozenset({Permission.READ, Permission.READ_MESSAGES})
_AGENT = _VIEWER | {Permission.ANSWER, Permission.CONTACTS, Permission.SEND}
_MANAGER = _AGENT | {Permission.IMPORT, Permission.WITHDRAW, Permission.EXPORT, Permission.WEBHOOKS}

ROLES: Mapping[Role, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.AGENT: _AGENT,
    Role.MANAGER: _MANAGER,
    Role.ADMIN: _MANAGER | {Permission.SETTINGS, Permission.PEOPLE},
}


def may(role: Role, permission: Permission) -> bool:
    return permission in ROLES[role]


def read(written: str) -> Role | None:
    """The role behind a stored or typed word; None for any other word."""
    return next((role for role in Role if role.value == written), None)
