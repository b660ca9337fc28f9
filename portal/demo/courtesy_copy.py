"""The readable PDF of an e-invoice, the same bytes each time; it travels inside the XML as an attachment."""

import json
from pathlib import Path

import typst

from portal.core.money import Money
from portal.demo.accounting_export import italian_amount, italian_date
from portal.demo.company import Creditor
from portal.demo.invoices import Invoice
from portal.demo.people import Debtor

_TEMPLATE = Path(__file__).parent / "courtesy_copy.typ"


_FOOTER = "Copia di cortesia: il documento fiscale è il file XML. Dati inventati per la dimostrazione."


def courtesy_copy(creditor: Creditor, invoice: Invoice) -> bytes:
    """The PDF of `invoice`: fonts come with typst, nothing is read from the machine or the network."""
    sheet = json.dumps(_sheet(creditor, invoice), ensure_ascii=False)
    return bytes(typst.compile(_TEMPLATE.read_bytes(), ignore_system_fonts=True, sys_inputs={"invoice": sheet}))


def _sheet(creditor: Creditor, invoice: Invoice) -> dict[str, object]:
    def shown(amount: Money) -> str:
        return f"{italian_amount(amount)}\u00a0€"

    buyer = invoice.debtor
    sums = [["Imponibile", shown(invoice.taxable)]]
    if invoice.tax:
        sums.append([f"IVA {invoice.vat.rate // 100} %", shown(invoice.tax)])
    sums.append(["Totale documento", shown(invoice.total)])
    if invoice.withholding:
        sums.append([f"Ritenuta d'acconto {invoice.withholding_rate // 100} %", shown(-invoice.withholding)])
    if invoice.vat.payability == "S":
        sums.append(["IVA versata dal cliente (scissione dei pagamenti)", shown(-invoice.tax)])
    kind = "Nota di credito" if invoice.credit_note else "Fattura"
    return {
        "title": f"{kind} {invoice.number}",
        "issued_on": italian_date(invoice.issued_on),
        "seller": {
            "short": creditor.display_name,
            "name": creditor.legal_name,
            "lines": [*_address(creditor), f"P.IVA {creditor.vat_number}", creditor.email],
        },
        "buyer": {"name": buyer.name, "lines": [*_address(buyer), _tax_line(buyer)]},
        "lines": [
            [
                line.description,
                str(line.quantity),
                shown(Money(line.unit_minor, invoice.currency)),
                shown(Money(line.net_minor, invoice.currency)),
            ]
            for line in invoice.lines
        ],
        "sums": sums,
        "to_pay_label": "A suo credito" if invoice.credit_note else "Da pagare",
        "to_pay": shown(invoice.payable),
        "iban": " ".join(creditor.iban[at : at + 4] for at in range(0, len(creditor.iban), 4)),
        "due": [[f"Scadenza {italian_date(item.due_on)}", shown(item.amount)] for item in invoice.due_items],
        "note": invoice.vat.law or "",
        "footer": _FOOTER,
    }


def _address(party: Creditor | Debtor) -> list[str]:
    return [party.street, f"{party.postcode} {party.town} {party.province}".strip()]


def _tax_line(debtor: Debtor) -> str:
    return f"P.IVA {debtor.vat_number}" if debtor.vat_number else f"C.F. {debtor.tax_code}"
