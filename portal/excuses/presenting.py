"""What a reason is called, and the reasons of a period as the figures show them."""

from datetime import date
from typing import Any

from flask import url_for

from portal.cases import causes, kinds
from portal.core.text import t
from portal.excuses import queries
from portal.reasons import rules as reasons
from portal.web import i18n

MOST = 8  # reasons that the figures show; the page of excuses has them all


def reason(kind: str, cause: str | None) -> str:
    if kind == queries.SAID:
        return i18n.say(t("They said: %(reason)s", reason=i18n.say(reasons.REASONS[cause or ""])))
    said = causes.label(kind, cause)
    label = i18n.say(kinds.KINDS[kind].label)
    return f"{label}: {i18n.say(said)}" if said is not None else label


def section(first: date, last: date, zone: str, *, private: bool) -> dict[str, Any]:
    """The reasons that were said from `first` to `last`, as it was known then (the part excuses/reasons.html)."""
    found = queries.figures(queries.Period.of_days(first, last, zone), private=private)
    said, in_time = (sum(getattr(one, name) for one in found) for name in ("said", "in_time"))
    return {
        "said": said,
        "in_time": in_time,
        "share": _share(in_time, said),
        "url": _url(first, last),
        "rows": [
            {
                "reason": reason(one.kind, one.cause),
                "said": str(one.said),
                "of_all": _share(one.said, said),
                "in_time": str(one.in_time),
                "share": _share(one.in_time, one.said),
                "href": _url(first, last, f"{one.kind}.{one.cause}" if one.kind == queries.SAID else one.kind),
            }
            for one in found[:MOST]
        ],
    }


def _share(part: int, whole: int) -> str:
    return f"{100 * part // whole} %" if whole else "–"


def _url(first: date, last: date, kind: str | None = None) -> str:
    asked: dict[str, Any] = {"from": first.isoformat(), "to": last.isoformat()}
    if kind:
        asked["kind"] = kind
    return url_for("excuses_creditor.show", **asked)
