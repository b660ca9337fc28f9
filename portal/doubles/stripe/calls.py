"""One API request on its way through the double, and the three answers that every kind of object shares."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portal.doubles.stripe.accounts import Accounts, Caller
from portal.doubles.stripe.backend import Backend
from portal.doubles.stripe.expansion import expand
from portal.doubles.stripe.objects.events import record
from portal.doubles.stripe.objects.session_rules import merged_metadata
from portal.doubles.stripe.paging import page
from portal.doubles.stripe.store import Doc


@dataclass(frozen=True, slots=True)
class Call:
    """One accepted request: who asks, with which checked parameters, about which object."""

    backend: Backend
    accounts: Accounts
    caller: Caller
    params: dict[str, Any]
    path: str
    object_id: str = ""

    def named(self, kind: str, param: str = "id") -> Doc:
        """The object of that kind that the path names."""
        return self.backend.store.get(self.caller.world, kind, self.object_id, param=param)

    def all(self, kind: str) -> list[Doc]:
        """Every object of a kind that the caller may see, newest first."""
        return self.backend.store.all(kind, self.caller.world)

    def shown(self, doc: Doc) -> Doc:
        """The answer: a copy as the API shows it, expanded as asked."""
        return expand(self.backend, self.caller.world, self.backend.present(doc), self.params.get("expand", []))

    def listed(self, docs: list[Doc], everything: list[Doc]) -> Doc:
        """One page of `docs` as the answer; a cursor may name any of `everything`."""
        return self.shown(page([self.backend.present(doc) for doc in docs], everything, self.params, self.path))


@dataclass(frozen=True, slots=True)
class Operation:
    """A row of the API: `params` is the SDK's TypedDict, `modelled` dotted names (empty: all of them)."""

    method: str
    path: str
    params: Any
    run: Callable[[Call], Doc]
    modelled: str = ""


def retrieve(kind: str, param: str = "id") -> Callable[[Call], Doc]:
    return lambda call: call.shown(call.named(kind, param))


def listing(kind: str, *filters: str) -> Callable[[Call], Doc]:
    """Lists a kind; each filter is a parameter that must equal the field of the same name."""

    def run(call: Call) -> Doc:
        everything = call.all(kind)
        wanted = {name: call.params[name] for name in filters if name in call.params}
        docs = [doc for doc in everything if all(doc[name] == value for name, value in wanted.items())]
        return call.listed(docs, everything)

    return run


def updating(kind: str, event: str | None = None) -> Callable[[Call], Doc]:
    """Changes `metadata` and `description`; `event` is recorded where anything changed."""

    def run(call: Call) -> Doc:
        doc = call.named(kind)
        new: dict[str, Any] = {}
        if "metadata" in call.params:
            new["metadata"] = merged_metadata(doc["metadata"], call.params["metadata"])
        if "description" in call.params:
            new["description"] = call.params["description"] or None
        previous = {name: doc[name] for name, value in new.items() if doc[name] != value}
        doc.update(new)
        if previous and event is not None:
            record(call.backend, event, doc, previous)
        return call.shown(doc)

    return run
