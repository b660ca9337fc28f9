"""Making the evidence of an acceptance, as soon as the acceptance has its place in the chain."""

from datetime import timedelta

from portal.core import jobs
from portal.plans import papers

# Within five minutes (rule C-43), with tries to spare; later ones for what needs a person.
BACKOFF = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 30, 60, 120, 600, 3600, 18000))


@jobs.job(papers.KEEP, backoff=BACKOFF)
def keep(task: jobs.Task) -> None:
    papers.keep(task.subject_id)
