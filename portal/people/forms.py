"""Reading the forms of the creditor's people."""

from collections.abc import Sequence

from flask import request

from portal.core import ids
from portal.core.mail_addresses import is_mail_address
from portal.core.text import t
from portal.people import passwords
from portal.people.agencies import Agency
from portal.people.roles import Role, read
from portal.web.forms import Form


def mail_address(form: Form, name: str = "email") -> str:
    """An e-mail address in small letters; the form says so when it is none."""
    typed = form.text(name, longest=254, needed=t("Please write the e-mail address.")).lower()
    if name not in form.wrong and not is_mail_address(typed):
        form.wrong[name] = t("Please write the address like this: name@company.it")
    return typed


def password(name: str = "password") -> str:
    """What was typed, unchanged and bounded; never kept in the form, never shown again."""
    return request.form.get(name, "")[: passwords.LONGEST + 1]


def new_password(form: Form, own: list[str], name: str = "password") -> str:
    """A new password; the form says why when it cannot be one."""
    typed = password(name)
    why_not = passwords.why_not_password(typed, own)
    if why_not is not None:
        form.wrong[name] = why_not
    return typed


def agency(form: Form, known: Sequence[Agency]) -> int | None:
    """The id of the agency that the invited works for; None for the creditor itself."""
    choices = {ids.spell(one.id): one.id for one in known}
    typed = form.choice("agency", {"", *choices}, t("Please choose for whom this person works."))
    return choices.get(typed or "")


def role(form: Form) -> Role | None:
    typed = form.choice("role", {r.value for r in Role}, t("Please choose what this person may do."))
    return read(typed) if typed else None
