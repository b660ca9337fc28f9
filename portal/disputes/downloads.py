"""A piece of evidence as a browser saves it: never opened in the page, whoever made it (rule A-65)."""

from flask import Response, send_file

from portal.cases import numbers
from portal.disputes import presenting, queries
from portal.disputes.models import Dispute
from portal.documents import store
from portal.web.gates import only_own


def saved(dispute: Dispute, evidence_id: int) -> Response:
    """The file as it was made anew; 404 where it is another's, or its content has gone."""
    evidence, file = only_own(queries.one_file(dispute.id, evidence_id))
    number = numbers.spoken(queries.case_of(dispute.id).number)
    answer: Response = send_file(
        store.path_of(file),
        mimetype=evidence.media_type,
        as_attachment=True,
        download_name=presenting.file_name(evidence, number),
        max_age=0,
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
