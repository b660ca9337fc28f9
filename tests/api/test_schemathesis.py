"""What the description promises holds for calls that nobody thought of (schemathesis), on both engines."""

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from portal.core import ids, jobs
from portal.web.edge import PortalFlask
from tests.api.conftest import make_system
from tests.factories.world import make_account
from tests.security.everything import Owner

BASE = "http://portal.test"
PARTS = 4
# What a state of things may refuse is no fault of the data (409), rows are answered one by one, and the key that every
# call here carries makes right what was wrong for want of one: these two would report that.
NOT_HERE = [positive_data_acceptance, negative_data_rejection]


@pytest.mark.parametrize("part", range(PARTS))
def test_no_call_finds_what_is_not_described(app: PortalFlask, part: int) -> None:
    own = Owner(make_account())
    erp = make_system(app, own.account)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, base_url=BASE)
    operations = [found.ok() for found in schema.get_all_operations()]
    mine = [(one, [parameter.name for parameter in one.path_parameters]) for one in operations[part::PARTS]]
    made = {name: ids.spell(own.id_of(name)) for _operation, named in mine for name in named}
    jobs.work_off()
    for operation, named in mine:
        _try(operation, {name: made[name] for name in named}, erp.key, app)


def _try(operation: Any, there: dict[str, str], key: str, app: PortalFlask) -> None:
    modes = st.sampled_from([GenerationMode.POSITIVE, GenerationMode.NEGATIVE])

    @settings(
        max_examples=20, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(st.data(), modes, st.booleans())
    def run(data: st.DataObject, mode: GenerationMode, ours: bool) -> None:
        case: Case = data.draw(operation.as_strategy(generation_mode=mode))
        if ours and there:
            case.path_parameters = dict(there)
        app.extensions["portal.limits"].forget()
        case.call_and_validate(
            base_url=BASE, headers={"Authorization": f"Bearer {key}"},
            excluded_checks=NOT_HERE,
        )  # fmt: skip

    run()
