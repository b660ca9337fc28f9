"""Hard to pay just now: what would help, thirty days of rest, a person who cares (rules C-13, C-26, C-32)."""
