"""The creditor's bank statements: read, matched to what is open, booked."""
