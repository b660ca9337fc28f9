"""The morning by mail: how much is due, late, answered and waiting, as counts, at the creditor's fixed hour."""
