"""Booking a call instead of receiving it: slots from the creditor's hours inside the lawful ones (rule C-10)."""
