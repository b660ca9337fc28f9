"""The words for accounts. Money owed stands on `RECEIVABLE`, one sub-account per due item."""

RECEIVABLE = "receivable"
SALES = "sales"
CREDIT_NOTES = "credit_notes"
CARD = "card"
BANK = "bank"
ELSEWHERE = "settled_elsewhere"  # the import said that it was paid; how, only the creditor knows
UNALLOCATED = "unallocated"  # the debtor's credit that belongs to no due item yet

MONEY_IN = frozenset({CARD, BANK, ELSEWHERE})
