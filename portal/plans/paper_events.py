"""What happened to the evidence of a plan: hashes only, so that both stand in the chain and name nobody."""

from dataclasses import dataclass

from portal.core.events import Event, event


@event("plan.evidence_kept", about="plan")
@dataclass(frozen=True, kw_only=True)
class PlanEvidenceKept(Event):
    """The evidence of the acceptance stands from here on: the SHA-256 of its JSON and of its PDF."""

    plan_id: int
    json_sha256: str
    pdf_sha256: str


@event("plan.evidence_sealed", about="plan")
@dataclass(frozen=True, kw_only=True)
class PlanEvidenceSealed(Event):
    """A seal or timestamp was put behind the PDF: the SHA-256 of the sealed one."""

    plan_id: int
    sealed_sha256: str
