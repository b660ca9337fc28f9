"""A file of a case as a browser saves it: never opened in the page, whoever made it (rule A-65)."""

from flask import Response, send_file

from portal.cases import files, numbers
from portal.cases.models import Case
from portal.core import ids
from portal.documents import store
from portal.web.gates import only_own


def saved(case: Case, case_file_id: int) -> Response:
    """The file as it was made anew; 404 where it is another's, or its content has gone."""
    kept, file = only_own(files.one(case.id, case_file_id))
    answer: Response = send_file(
        store.path_of(file),
        mimetype=kept.media_type,
        as_attachment=True,
        download_name=f"{numbers.spoken(case.number)}-{ids.spell(kept.id)[-4:]}.{kept.name.rpartition('.')[2]}",
        max_age=0,
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    return answer
