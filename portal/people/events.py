"""What happened to the creditor's people. `person_id` is a staff id; roles are words of `portal.people.roles`."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("person.invited", about="person")
@dataclass(frozen=True, kw_only=True)
class PersonInvited(Event):
    person_id: int
    role: str


@event("person.invitation_withdrawn", about="person")
@dataclass(frozen=True, kw_only=True)
class InvitationWithdrawn(Event):
    person_id: int


@event("person.joined", about="person")
@dataclass(frozen=True, kw_only=True)
class PersonJoined(Event):
    person_id: int
    role: str


@event("person.role_changed", about="person")
@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    person_id: int
    old: str
    role: str


@event("person.access_ended", about="person")
@dataclass(frozen=True, kw_only=True)
class AccessEnded(Event):
    person_id: int


@event("person.signed_in", about="person")
@dataclass(frozen=True, kw_only=True)
class PersonSignedIn(Event):
    person_id: int


@event("person.signed_out_everywhere", about="person")
@dataclass(frozen=True, kw_only=True)
class SignedOutEverywhere(Event):
    """A colleague ended all of this person's sessions."""

    person_id: int


@event("person.password_changed", about="person")
@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event):
    person_id: int


@event("person.second_factor_on", about="person")
@dataclass(frozen=True, kw_only=True)
class SecondFactorOn(Event):
    """Signing in asks this person for a code from now on."""

    person_id: int


@event("person.second_factor_off", about="person")
@dataclass(frozen=True, kw_only=True)
class SecondFactorOff(Event):
    person_id: int


@event("person.second_factor_reset", about="person")
@dataclass(frozen=True, kw_only=True)
class SecondFactorReset(Event):
    """A colleague took it away, and the reason stands in that row; without one, whoever runs the portal did."""

    person_id: int
    reset_id: int | None = None


@event("person.recovery_code_used", about="person")
@dataclass(frozen=True, kw_only=True)
class RecoveryCodeUsed(Event):
    person_id: int


@event("mandate.given", about="mandate")
@dataclass(frozen=True, kw_only=True)
class MandateGiven(Event):
    """An agency may see these customers; `debtors` is how many, none for every one."""

    mandate_id: int
    organisation_id: int
    debtors: int | None = None


@event("mandate.ended", about="mandate")
@dataclass(frozen=True, kw_only=True)
class MandateEnded(Event):
    mandate_id: int
    organisation_id: int
