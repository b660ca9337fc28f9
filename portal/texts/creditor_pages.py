"""A creditor's own words: the list level by level, and one place where they are written, tried and taken back."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for

from portal.core.text import Text, t
from portal.creditors import queries as creditors
from portal.creditors import versions
from portal.messages import levels, tone
from portal.people import queries as people
from portal.people.presenting import person
from portal.people.roles import Permission
from portal.texts import actions, previews, queries, slots
from portal.texts.models import OwnText
from portal.texts.slots import Slot
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, changed_nothing, creditor_blueprint, only_own

blueprint = creditor_blueprint("texts_creditor", __name__)

_PUT_IN: dict[str, Text] = {
    "creditor": t("your name"),
    "documents": t("“a document”, or “3 documents”"),
    "count": t("how many documents"),
    "person": t("the name of a private person; nothing for businesses"),
    "contact": t("the person to reach at your place"),
    "phone": t("your telephone number"),
    "link": t("the link to the page"),
}
_HINTS: dict[str, Text] = {
    tone.SUBJECT: t("Strangers may read it: no word of debts, no amount, no date."),
    tone.PREHEADER: t("Strangers may read it, too."),
    tone.BODY: t("It comes after the greeting. The link, the number to call and your name follow by themselves."),
    tone.SMS: t("Strangers may read it. One segment is 160 signs with the link."),
    tone.LETTER: t("It comes after the greeting. How to reach the page and a person follows by itself."),
}


@blueprint.get("/settings/texts")
@allow(Permission.SETTINGS)
def show_list() -> Any:
    held = queries.all_newest()
    languages = i18n.languages()
    places = [(segment, code) for segment in slots.SEGMENTS for code in languages]
    return render_template(
        "texts/staff_list.html",
        title=i18n.gettext("Words of messages"),
        columns=[i18n.gettext("Way"), *(_place(*one) for one in places)],
        levels=[
            {
                "key": key,
                "label": i18n.say(levels.LABELS[key]),
                "set_aside": any(slot.key == key and row.set_aside_at and row.words for slot, row in held.items()),
                "rows": [
                    {
                        "label": i18n.say(label),
                        "cells": [_cell(Slot(key, channel, *place), held) for place in places],
                    }
                    for channel, label in slots.CHANNELS.items()
                ],
            }
            for key in levels.KEYS
        ],
        back_url=url_for("settings_creditor.show"),
    )


def _place(segment: str, language: str) -> str:
    return f"{i18n.say(slots.SEGMENTS[segment])} · {i18n.languages()[language].own_name}"


def _cell(slot: Slot, held: dict[Slot, OwnText]) -> dict[str, str]:
    row = held.get(slot)
    text = i18n.gettext("The portal's own")
    if row is not None and row.words:
        said = t("Yours were not sent") if row.set_aside_at else t("Yours, version %(number)s", number=row.number)
        text = i18n.say(said)
    return {"label": _place(slot.segment, slot.language), "text": text, "href": url_for(".show", place=str(slot))}


@blueprint.get("/settings/texts/<place>")
@allow(Permission.SETTINGS)
def show(place: str) -> Any:
    """The words that hold; those of an earlier version where its number is asked for."""
    slot = _slot(place)
    row = queries.newest(slot)
    asked = request.args.get("version", "")
    shown = row
    if asked:
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 0
        shown = only_own(queries.numbered(slot, number))
    return _page(slot, Form(), row, shown.words if shown is not None else {}, tried=False)


@blueprint.post("/settings/texts/<place>")
@allow(Permission.SETTINGS)
def save(place: str) -> Any:
    """A new version, if the tone gate lets it through: else the page again with what it found."""
    slot, form = _slot(place), Form()
    row, words = queries.newest(slot), _read(form, slot, needed=True)
    if form.wrong or tone.check(words, slot.language, first=slot.is_first):
        return _page(slot, form, row, words)
    try:
        written = actions.write(slot, words, by=person().staff_id, after=_after(form))
    except versions.Overtaken as faster:
        form.wrong["after"] = faster.text
        return _page(slot, form, faster.now, words, status=409)
    if written is None:
        flash(i18n.gettext("Nothing was different."), "done")
    else:
        flash(i18n.say(t("Done. Version %(number)s holds from now on.", number=written.number)), "done")
    return redirect(url_for(".show", place=place), 303)


@blueprint.post("/settings/texts/<place>/preview")
@allow(Permission.SETTINGS)
def preview(place: str) -> Any:
    """What was typed as three customers would read it; nothing is kept."""
    slot, form = _slot(place), Form()
    words = _read(form, slot, needed=False)
    _after(form)
    changed_nothing()
    return _page(slot, form, queries.newest(slot), words, tried=True)


@blueprint.post("/settings/texts/<place>/reset")
@allow(Permission.SETTINGS)
def reset(place: str) -> Any:
    """The portal's own words hold again; what was written stays among the versions."""
    slot, form = _slot(place), Form()
    try:
        actions.write(slot, {}, by=person().staff_id, after=_after(form))
    except versions.Overtaken as faster:
        form = Form(wrong={"after": faster.text})
        return _page(slot, form, faster.now, faster.now.words, status=409)
    flash(i18n.gettext("Done. The portal's own words go from now on."), "done")
    return redirect(url_for(".show", place=place), 303)


def _slot(place: str) -> Slot:
    slot: Slot = only_own(slots.read(place, i18n.languages()))
    return slot


def _after(form: Form) -> int:
    typed = form.text("after", longest=9)
    return int(typed) if typed.isascii() and typed.isdigit() else -1


def _read(form: Form, slot: Slot, *, needed: bool) -> dict[str, str]:
    """What was typed, part by part; lines end as one writes them here."""
    missing = t("Please write something here.") if needed else None
    words = {part: form.text(part, longest=slots.LONGEST[part], needed=missing) for part in slot.parts}
    return {part: text.replace("\r\n", "\n") for part, text in words.items()}


def _page(
    slot: Slot, form: Form, row: OwnText | None, words: dict[str, str], *, tried: bool = False, status: int = 422
) -> Any:
    findings = tone.check(words, slot.language, first=slot.is_first)
    refused = status == 409 or bool(form.wrong) or (request.method == "POST" and not tried)
    if refused:
        for one in findings:
            form.wrong.setdefault(one.part, one.instead)
    whole = len(words) == len(slot.parts) and all(words.values())
    number = row.number if row is not None else 0
    page = render_template(
        "texts/staff_text.html",
        title=i18n.say(levels.LABELS[slot.key]),
        intro=f"{i18n.say(slots.CHANNELS[slot.channel])} · {_place(slot.segment, slot.language)}",
        save_url=url_for(".save", place=str(slot)),
        preview_url=url_for(".preview", place=str(slot)),
        reset_url=url_for(".reset", place=str(slot)) if row is not None and row.words else None,
        list_url=url_for(".show_list", _anchor=slot.key),
        after=str(number) if status == 409 else form.typed.get("after", str(number)),
        fields=[_field(part, words.get(part, "")) for part in slot.parts],
        findings=[
            {"where": i18n.say(slots.LABELS[one.part]), "words": one.words or "–", "instead": i18n.say(one.instead)}
            for one in findings
        ],
        placeholders=_placeholders(slot),
        reads=[
            {
                "label": i18n.say(slots.LABELS[one.part]),
                "score": f"{one.score:.0f}",
                "least": f"{one.least:.0f}",
                "well": one.score >= one.least,
            }
            for one in tone.reads(words, slot.language, first=slot.is_first)
        ],
        previews=_previews(slot, words if whole else None) if whole or not any(words.values()) else [],
        versions=_versions(slot),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, status if refused else 200


def _placeholders(slot: Slot) -> list[tuple[str, str]]:
    """What may stand in braces here, and what it says."""
    allowed = {name for part in slot.parts for name in tone.PLACEHOLDERS[part]}
    return [(f"{{{name}}}", i18n.say(meaning)) for name, meaning in _PUT_IN.items() if name in allowed]


def _field(part: str, value: str) -> dict[str, Any]:
    return {
        "id": part,
        "label": i18n.say(slots.LABELS[part]),
        "hint": i18n.say(_HINTS[part]),
        "value": value,
        "long": part not in {tone.SUBJECT, tone.PREHEADER},
        "longest": slots.LONGEST[part],
    }


def _previews(slot: Slot, words: dict[str, str] | None) -> list[dict[str, str]]:
    face = creditors.face(person().creditor.id)
    made = [previews.of(slot, words, face, customer) for customer in queries.customers(slot.segment)]
    return [
        {
            "name": one.name,
            "subject": one.subject,
            "preheader": one.preheader,
            "text": one.text,
            "size": _size(one),
        }
        for one in made
    ]


def _size(one: previews.Preview) -> str:
    if one.size is None:
        return ""
    said = t("%(units)s signs as %(encoding)s: segments %(segments)s",
             units=one.size.units, encoding=one.size.encoding, segments=one.size.segments)  # fmt: skip
    return i18n.say(said)


def _versions(slot: Slot) -> list[dict[str, str]]:
    written = queries.history(slot)
    names = people.names([one.made_by for one in written])
    return [
        {
            "number": str(one.number),
            "href": url_for(".show", place=str(slot), version=one.number),
            "at": i18n.moment(one.made_at, person().creditor.time_zone),
            "by": names.get(one.made_by or 0, "–"),
        }
        for one in written
    ]
