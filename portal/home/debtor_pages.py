"""The debtor's first page."""

from portal.web.gates import debtor_blueprint

blueprint = debtor_blueprint("home_debtor", __name__)


@blueprint.get("/")
def show() -> str:
    return "ok"
