"""What a creditor chose about its cases, and the words that it answers with; who chose nothing has the defaults."""

from collections.abc import Sequence

from sqlalchemy import select

from portal.cases.models import AnswerText, CasePolicy
from portal.core import clock, db, events, ids, scope
from portal.core.errors import NotAllowedNow
from portal.core.text import t
from portal.creditors.events import CreditorChanged

MOST_TEXTS = 50


def suggests() -> bool:
    """Whether customers' words are looked through for what they may mean (portal.cases.suggesting)."""
    row = db.session().get(CasePolicy, scope.current().creditor_id)
    return row is None or row.suggestions


def let_suggest(wanted: bool) -> bool:
    """Switches it on or off; True where that was different."""
    creditor_id = scope.current().creditor_id
    if suggests() is wanted:
        return False
    row = db.session().get(CasePolicy, creditor_id)
    if row is None:
        db.session().add(CasePolicy(creditor_id=creditor_id, suggestions=wanted))
    else:
        row.suggestions = wanted
    db.session().flush()
    events.record(CreditorChanged(creditor_id=creditor_id, fields=("suggestions",)))
    return True


def texts(language: str | None = None) -> Sequence[AnswerText]:
    """The creditor's texts by name, of one language or all."""
    wanted = select(AnswerText).order_by(AnswerText.language, AnswerText.name)
    if language is not None:
        wanted = wanted.where(AnswerText.language == language)
    return db.session().scalars(wanted).all()


def text(text_id: int) -> AnswerText | None:
    return db.session().scalars(select(AnswerText).where(AnswerText.id == text_id)).one_or_none()


def keep_text(language: str, name: str, words: str) -> AnswerText:
    """A new text, or new words for the one of that name. Raises NotAllowedNow when there are too many."""
    known = texts()
    found = next((one for one in known if (one.language, one.name) == (language, name)), None)
    if found is not None:
        found.words = words
    elif len(known) >= MOST_TEXTS:
        raise NotAllowedNow(t("There are %(most)s texts already. Please take one away first.", most=MOST_TEXTS))
    else:
        found = AnswerText(id=ids.new_id(), language=language, name=name, words=words, made_at=clock.now())
        db.session().add(found)
    db.session().flush()
    return found


def drop_text(one: AnswerText) -> None:
    db.session().delete(one)
    db.session().flush()
