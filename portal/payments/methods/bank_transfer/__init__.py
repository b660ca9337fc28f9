"""Bank transfer: the account, the RF reference, and the EPC code that fills both into a bank app."""
