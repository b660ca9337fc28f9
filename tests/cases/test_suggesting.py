"""Suggestions out of free words: found in each language, uncertain when denied or asked, silent otherwise."""

import pytest

from portal.cases import kinds
from portal.cases.suggesting import suggest


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Buongiorno. La merce è arrivata difettosa, tre pezzi su dieci.", kinds.DISPUTE),
        ("Manca ancora la nota di credito promessa.", kinds.DISPUTE),
        ("The price is fine. But you sent damaged goods!", kinds.DISPUTE),
        ("Purtroppo ho perso il lavoro a settembre.", kinds.DIFFICULTY),
        ("Siamo in difficoltà da mesi, non riusciamo a pagare tutto.", kinds.DIFFICULTY),
        ("I cannot pay all of this now.", kinds.DIFFICULTY),
        ("Abbiamo già pagato il 3 novembre.", kinds.ALREADY_PAID),
        ("This has been paid on Monday.", kinds.ALREADY_PAID),
        ("Pagheremo entro il 30 novembre.", kinds.PROMISE),
        ("We will pay next Friday.", kinds.PROMISE),
        ("we'll transfer it on Monday", kinds.PROMISE),
        ("The goods never arrived", kinds.DISPUTE),
        ("The invoice is wrong", kinds.DISPUTE),
        ("Non abbiamo mai ricevuto questa fattura.", kinds.NOT_RECEIVED),
        ("We never received it.", kinds.NOT_RECEIVED),
        ("Per favore mi chiami dopo le cinque.", kinds.CALL),
        ("Please call me tomorrow.", kinds.CALL),
        ("Non sono io, avete sbagliato persona.", kinds.WRONG_PERSON),
        ("Guten Tag. Die Ware ist leider beschädigt angekommen.", kinds.DISPUTE),
        ("Der Betrag stimmt nicht.", kinds.DISPUTE),
        ("Ich kann das im Moment nicht zahlen.", kinds.DIFFICULTY),
        ("Das haben wir bereits bezahlt.", kinds.ALREADY_PAID),
        ("Wir werden am Freitag überweisen.", kinds.PROMISE),
        ("Ich habe die Rechnung nie erhalten.", kinds.NOT_RECEIVED),
        ("Bitte rufen Sie mich an.", kinds.CALL),
        ("Das bin ich nicht.", kinds.WRONG_PERSON),
        ("Bonjour, la livraison était incomplète.", kinds.DISPUTE),
        ("Nous ne pouvons pas payer ce mois-ci.", kinds.DIFFICULTY),
        ("Nous avons déjà réglé cette facture.", kinds.ALREADY_PAID),
        ("Je vais payer vendredi.", kinds.PROMISE),
        ("Je n’ai jamais reçu ce document.", kinds.NOT_RECEIVED),
        ("Rappelez-moi demain, merci.", kinds.CALL),
        ("El importe es incorrecto.", kinds.DISPUTE),
        ("Ahora mismo no puedo pagar.", kinds.DIFFICULTY),
        ("Ya está pagada desde el lunes.", kinds.ALREADY_PAID),
        ("Pagaremos el viernes.", kinds.PROMISE),
        ("No hemos recibido esa factura.", kinds.NOT_RECEIVED),
        ("Llámenme por la tarde.", kinds.CALL),
    ],
)
def test_what_is_hidden_in_words_is_found(words: str, kind: str) -> None:
    found = {one.kind: one for one in suggest(words)}
    assert kind in found
    assert found[kind].is_sure
    assert found[kind].sentence in words


@pytest.mark.parametrize(
    "words",
    [
        "Grazie mille, tutto a posto.",
        "Vielen Dank, alles in Ordnung.",
        "Merci, tout va bien.",
        "Gracias, todo bien.",
        "Quando arriva il corriere?",
        "Thank you, all is fine.",
        "",
        "....",
        "128/2026",
    ],
)
def test_words_that_mean_none_of_it_are_left_alone(words: str) -> None:
    assert suggest(words) == []


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("Non contesto la fattura.", kinds.DISPUTE),
        ("We do not dispute this.", kinds.DISPUTE),
        ("Je ne conteste pas la facture.", kinds.DISPUTE),
        ("Wurde das schon bezahlt?", kinds.ALREADY_PAID),
        ("¿Ya está pagada?", kinds.ALREADY_PAID),
        ("È già pagata?", kinds.ALREADY_PAID),
    ],
)
def test_what_is_denied_or_asked_is_uncertain(words: str, kind: str) -> None:
    found = {one.kind: one for one in suggest(words)}
    if kind in found:
        assert not found[kind].is_sure
    else:
        assert kind == kinds.DISPUTE, "a question must still be shown"


def test_several_meanings_stand_in_order_and_what_it_is_already_is_left_out() -> None:
    words = "Non riusciamo a pagare ora. La merce è arrivata rotta. Chiamatemi."
    assert [one.kind for one in suggest(words)][:2] == [kinds.DIFFICULTY, kinds.DISPUTE]
    assert kinds.DISPUTE not in {one.kind for one in suggest(words, apart_from=kinds.DISPUTE)}


def test_long_and_hostile_words_take_no_time() -> None:
    for words in ("non " * 20_000, "a" * 100_000, "merce " * 20_000 + "rotta", "(" * 50_000):
        suggest(words[:4000])
