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
from portal.texts import actions, previews, queries, results, rules, slots
from portal.texts.models import OwnText
from portal.texts.slots import Slot
from portal.web import i18n
from portal.web.forms import Form
from portal.web.gates import allow, changed_nothing, creditor_blueprint, only_own

blueprint = creditor_blueprint("texts_creditor", __name__)

_MEASURES: dict[str, Text] = {
    "opened": t("Opened by a person"),
    "acted": t("Answered or acted"),
    "paid": t("Paid within 30 days"),
    "stopped": t("Wanted no more of it"),
}
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
    words, second = (shown.words, shown.second) if shown is not None else ({}, {})
    return _page(slot, Form(), row, words, second, tried=False)


@blueprint.post("/settings/texts/<place>")
@allow(Permission.SETTINGS)
def save(place: str) -> Any:
    """A new version, if the tone gate lets it through: else the page again with what it found."""
    slot, form = _slot(place), Form()
    row, words, second = queries.newest(slot), _read(form, slot, needed=True), _second(form, slot)
    if form.wrong or any(tone.check(one, slot.language, first=slot.is_first) for one in (words, second)):
        return _page(slot, form, row, words, second)
    try:
        written = actions.write(slot, words, by=person().staff_id, after=_after(form), second=second)
    except versions.Overtaken as faster:
        form.wrong["after"] = faster.text
        return _page(slot, form, faster.now, words, second, status=409)
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
    words, second = _read(form, slot, needed=False), _second(form, slot)
    _after(form)
    changed_nothing()
    return _page(slot, form, queries.newest(slot), words, second, tried=True)


@blueprint.post("/settings/texts/<place>/reset")
@allow(Permission.SETTINGS)
def reset(place: str) -> Any:
    """The portal's own words hold again; what was written stays among the versions."""
    slot, form = _slot(place), Form()
    try:
        actions.write(slot, {}, by=person().staff_id, after=_after(form))
    except versions.Overtaken as faster:
        form = Form(wrong={"after": faster.text})
        return _page(slot, form, faster.now, faster.now.words, faster.now.second, status=409)
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


def _second(form: Form, slot: Slot) -> dict[str, str]:
    """The second wording; none where nothing was typed, and whole where anything was."""
    typed = {part: form.text(_name(part), longest=slots.LONGEST[part]) for part in slot.parts}
    if not any(typed.values()):
        return {}
    for part, text in typed.items():
        if not text:
            form.wrong[_name(part)] = t("Please write something here.")
    return {part: text.replace("\r\n", "\n") for part, text in typed.items()}


def _name(part: str) -> str:
    return f"{part}-b"


def _page(
    slot: Slot,
    form: Form,
    row: OwnText | None,
    words: dict[str, str],
    second: dict[str, str],
    *,
    tried: bool = False,
    status: int = 422,
) -> Any:
    found = [(one, one.part) for one in tone.check(words, slot.language, first=slot.is_first)]
    found += [(one, _name(one.part)) for one in tone.check(second, slot.language, first=slot.is_first)]
    findings = [one for one, _name_of in found]
    refused = status == 409 or bool(form.wrong) or (request.method == "POST" and not tried)
    if refused:
        for one, name in found:
            form.wrong.setdefault(name, one.instead)
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
        fields=[_field(part, part, words.get(part, "")) for part in slot.parts],
        seconds=[_field(_name(part), part, second.get(part, "")) for part in slot.parts],
        has_second=bool(second),
        results=_results(row) if row is not None and row.second else None,
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
        previews=[
            *(_previews(slot, words if whole else None) if whole or not any(words.values()) else []),
            *(_previews(slot, second, is_second=True) if second and all(second.values()) else []),
        ],
        is_unfinished=any(words.values()) and not whole,
        versions=_versions(slot),
        errors=form.errors,
        error_of=dict(form.errors),
    )
    return page, status if refused else 200


def _placeholders(slot: Slot) -> list[tuple[str, str]]:
    """What may stand in braces here, and what it says."""
    allowed = {name for part in slot.parts for name in tone.PLACEHOLDERS[part]}
    return [(f"{{{name}}}", i18n.say(meaning)) for name, meaning in _PUT_IN.items() if name in allowed]


def _results(row: OwnText) -> dict[str, Any]:
    """Both wordings side by side, each share with its interval, and whether anything can be said of them yet."""
    by_side = results.of(row.id)
    a, b = by_side[rules.A], by_side[rules.B]
    rows = [(i18n.gettext("Sent"), str(a.sent), str(b.sent), "")]
    for name, label in _MEASURES.items():
        one, other = getattr(a, name), getattr(b, name)
        rows.append((i18n.say(label), _share(one), _share(other), _verdict(one, other)))
    rows.append((i18n.gettext("Days until they paid (median)"), _days(a.days), _days(b.days), ""))
    return {"number": row.number, "rows": rows}


def _share(share: rules.Share) -> str:
    if share.interval is None:
        return "–"
    low, high = (f"{100 * end:.0f}" for end in share.interval)
    text = t("%(hits)s of %(of)s (%(low)s–%(high)s %%)", hits=share.hits, of=share.of, low=low, high=high)
    return i18n.say(text)


def _days(days: float | None) -> str:
    return "–" if days is None else f"{days:.0f}"


def _verdict(a: rules.Share, b: rules.Share) -> str:
    least = rules.least_sample(a, b)
    if min(a.of, b.of) < least:
        return i18n.say(t("Too early to say: %(least)s of each are needed.", least=least))
    found = rules.better(a, b)
    if found is None:
        return i18n.gettext("No sure difference")
    return i18n.gettext("First: more") if found == rules.A else i18n.gettext("Second: more")


def _field(name: str, part: str, value: str) -> dict[str, Any]:
    return {
        "id": name,
        "label": i18n.say(slots.LABELS[part]),
        "hint": i18n.say(_HINTS[part]),
        "value": value,
        "long": part not in {tone.SUBJECT, tone.PREHEADER},
        "longest": slots.LONGEST[part],
    }


def _previews(slot: Slot, words: dict[str, str] | None, *, is_second: bool = False) -> list[dict[str, str]]:
    face = creditors.face(person().creditor.id)
    made = [previews.of(slot, words, face, customer) for customer in queries.customers(slot.segment)]
    return [
        {
            "name": i18n.say(t("%(name)s: the second wording", name=one.name)) if is_second else one.name,
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
