"""Every endpoint has a guard, every creditor's view a permission, and no address comes or goes unseen (R6)."""

import json
from pathlib import Path

from portal.web.edge import PortalFlask

ROUTES = Path(__file__).with_name("routes.json")


def endpoints(app: PortalFlask) -> list[tuple[str, str, list[str]]]:
    return sorted(
        (rule.endpoint, rule.rule, sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
    )


def test_every_endpoint_belongs_to_a_guarded_blueprint(app: PortalFlask) -> None:
    for endpoint, rule, _ in endpoints(app):
        blueprint = app.blueprints[endpoint.split(".")[0]]
        guard = getattr(blueprint, "guarded_by", None)
        assert guard, f"{endpoint} has no guard"
        assert guard == "visit" or not rule.startswith("/d/"), f"{rule} is open to strangers"
        if rule.startswith("/c/") and guard != "person":
            assert guard.startswith("open: "), rule


def test_every_view_of_the_creditors_people_asks_for_a_permission(app: PortalFlask) -> None:
    for endpoint, _, _ in endpoints(app):
        if getattr(app.blueprints[endpoint.split(".")[0]], "guarded_by", "") == "person":
            assert getattr(app.view_functions[endpoint], "permission", None) is not None, endpoint


def test_get_never_shares_a_view_with_post(app: PortalFlask) -> None:
    for endpoint, _, methods in endpoints(app):
        assert len(methods) == 1, f"{endpoint} answers {methods}: one view, one method"


def test_the_list_of_routes_is_the_one_on_file(app: PortalFlask) -> None:
    """When this fails because you added a page: run the line that the message shows, and read the difference."""
    now = [f"{' '.join(methods)} {rule} {endpoint}" for endpoint, rule, methods in endpoints(app)]
    kept = json.loads(ROUTES.read_text()) if ROUTES.exists() else []
    if now != kept:
        fresh = ROUTES.with_suffix(".new.json")
        fresh.write_text(json.dumps(now, indent=1) + "\n")
        raise AssertionError(f"mv {fresh.name} {ROUTES.name}: {sorted(set(now) ^ set(kept))}")
