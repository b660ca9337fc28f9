"""Which names strangers may read: no word of debts in five languages, and no ordinary company is refused (C-21)."""

import re
from pathlib import Path

import pytest

from portal.creditors.rules import why_not_display_name
from tests.conftest import CORPUS, need

OF_DEBT = {
    "it": (
        "Recupero Crediti Rossi", "RecuperoCrediti S.r.l.", "Agenzia recupero dei crediti", "Ufficio Recuperi",
        "Rossi Gestione Insoluti", "Ufficio Solleciti", "Sollecito di pagamento", "Clienti morosi", "Cliente moroso",
        "Gestione Morosità", "Messa in mora", "Interessi di mora", "Fatture scadute", "Pagamento scaduto",
        "Importi scaduti", "Ingiunzioni Italia", "Ufficiale Giudiziario Bianchi", "Ufficio Debitori", "Debito Zero",
        "Legge sul sovraindebitamento", "Pagamento urgente", "Pagamenti arretrati", "Pignoramenti S.p.A.",
        "Studio Insolvenze", "Diffida ad adempiere", "Gestione NPL", "S O S  DEBITI", "recupero-crediti", "DÉBITI",
    ),
    "en": (
        "Debt Busters Ltd", "Overdue Accounts", "Past-due Team", "Unpaid Invoices", "Rent Arrears Office",
        "Delinquent Accounts", "Rossi Debt Collection", "Credit Collectors", "Collections Department",
        "Credit Recovery Services", "Final Notice", "Payment Reminder", "Bailiffs of London", "Dunning Department",
    ),
    "de": (
        "Inkasso Müller", "Rossi Mahnwesen", "Mahnung", "Schuldnerberatung", "Schulden weg GmbH", "Überfällige Posten",
        "Ueberfaellige Posten", "Zahlungserinnerung", "Zahlungsverzug", "Rückstände", "Rueckstaende", "Säumige Kunden",
        "Forderungsmanagement Rossi", "Gerichtsvollzieher Krause", "Vollstreckungsstelle", "Unbezahlte Rechnungen",
    ),
    "fr": (
        "Rossi Recouvrement", "Service impayés", "Impayes & Cie", "Dettes", "Débiteurs", "Huissier Martin",
        "Service contentieux", "Mise en demeure", "Lettre de relance", "Relances clients", "Retard de paiement",
        "Dernier rappel", "Surendettement",
    ),
    "es": (
        "Deudas y Cobros", "Deudores S.L.", "Morosos Madrid", "Gestión de Morosidad", "Impagos S.L.",
        "Facturas impagadas", "Recobro Ibérica", "Gestión de cobros", "Cobro de deudas", "El Cobrador",
        "Facturas vencidas", "Requerimiento de pago",
    ),
}  # fmt: skip
ORDINARY = (
    # the words themselves as families, trades and places
    "Creditsafe", "Morosini S.r.l.", "Moroso S.p.A.", "Mora S.r.l.", "Moretti", "Banca di Credito Cooperativo",
    "Scaduto & Figli", "Credit Agricole Italia", "Crédit Mutuel", "Recupero Metalli S.r.l.", "Ecorecuperi S.p.A.",
    "Centro Recupero Calore", "Mahnke & Söhne GmbH", "Mahnert Bau", "Dunning & Sons", "The Collection", "Nuova Collection",
    "Collectors Corner", "Data Recovery Lab", "France Relance", "Cobre Ibérica", "Cobros del Sur Minería", "Vencedor S.L.",
    "Débora Arredamenti", "Debitoor", "Demoro", "Amoroso Gelati", "La Mora Rosa", "Dimora Antica", "Dimore d'Italia",
    "Forderer GmbH", "Schuldt Elektro", "Säule & Co", "Ricuperati", "Overland", "Unpack", "Arrighi", "Urgenze Idrauliche",
    "Officine del Pagamento Digitale", "Scadenzari di Cancelleria", "Sollievo S.r.l.", "Solletico", "Dettaglio Moda",
    "Detter AG", "Diffidenti?", "Huissen Logistics", "Final Cut", "Reminder Fiori", "Default Studio", "Impagliatori",
    # companies as there are many
    "Rossi Impianti", "Verdi S.p.A.", "Officine Brenta; Rossi & C. s.r.l.", "Enel Energia", "A2A", "Acea", "Hera",
    "Telecom Italia", "Autostrade per l'Italia", "Gas & Luce", "Idraulica Ferri", "Studio Legale Bianchi", "Condominio Aurora",
    "Müller & Söhne", "Boulangerie Dupont", "Hermanos García", "Smith & Co", "O'Neill Ltd", "株式会社", "",
)  # fmt: skip


@pytest.mark.parametrize("name", [name for names in OF_DEBT.values() for name in names])
def test_a_name_that_speaks_of_debts_is_refused(name: str) -> None:
    assert why_not_display_name(name) is not None
    assert why_not_display_name(name.upper()) is not None
    assert why_not_display_name(f"«{name}» Italia") is not None


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_name_is_taken(name: str) -> None:
    assert why_not_display_name(name) is None
    assert why_not_display_name(name.upper()) is None


@pytest.mark.corpus
def test_no_company_of_the_corpus_is_refused() -> None:
    folder = Path(CORPUS / "fatturapa" / "xml")
    need(None if folder.is_dir() else "no corpus of invoices: ../shared/corpus/fatturapa")
    named = {
        name
        for path in folder.glob("*.xml")
        for name in re.findall(r"<Denominazione>([^<]+)<", path.read_text(errors="replace"))
    }
    assert len(named) > 15
    assert [name for name in sorted(named) if why_not_display_name(name)] == []


def test_a_long_name_is_read_in_no_time() -> None:
    """No pattern may run away: the longest name there can be, made of what each begins with."""
    for start in ("recupero ", "mora ", "pagamento scadut", "collection ", "a " * 50):
        assert why_not_display_name((start * 60)[:200] + "x") in {None, why_not_display_name("debiti")}
