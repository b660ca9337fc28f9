"""Tables of invoices, whatever file they came in: which column is what, what is written in it, row by row."""
