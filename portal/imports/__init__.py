"""Invoices come in: files of the creditor are read here, strictly, and explained line by line."""
