"""In whose name a customer is answered through a key: a person's, who made it and may answer here."""

from portal.api.gate import Caller
from portal.core import scope
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.people import queries as people
from portal.people.models import Staff


def person_behind(caller: Caller) -> Staff:
    """Raises NotAllowedNow where they work here no more, or may not answer customers any more."""
    staff = people.by_id(caller.staff_id)
    if staff is None or not people.works_at(staff.id, scope.current().creditor_id):
        raise NotAllowedNow(t("Who made this key answers no customers here any more. Somebody else has to make one."))
    return staff
