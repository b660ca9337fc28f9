"""May anybody speak to this customer, or about this due item? If not: since when, until when, why (C-13, C-14)."""
