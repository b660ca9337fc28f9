"""The words for accounts. Money owed stands on `RECEIVABLE`, one sub-account per due item."""

RECEIVABLE = "receivable"
SALES = "sales"
CREDIT_NOTES = "credit_notes"
CREDIT_AHEAD = "credit_ahead"  # credited here before the credit note came: until then its balance waits for notes
CARD = "card"
BANK = "bank"
ELSEWHERE = "settled_elsewhere"  # the import said that it was paid; how, only the creditor knows
UNALLOCATED = "unallocated"  # the debtor's credit that belongs to no due item yet
REFUNDS = "refunds"  # taken off what was settled, on its way back to the payer
WITHHELD = "withheld"  # with the provider until a contested payment is decided
INTEREST = "interest"  # of late payment, where the creditor asks for it (rules B-50 … B-58)
COSTS = "costs"  # the fixed sum for a late invoice between businesses (rule B-57)

MONEY_IN = frozenset({CARD, BANK, ELSEWHERE})
# What a due item owes comes from these, or was taken off again by them; anything else settles it.
CHARGING = frozenset({SALES, INTEREST, COSTS, CREDIT_NOTES, CREDIT_AHEAD})
