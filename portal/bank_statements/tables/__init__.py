"""Statements as tables: which column is which, and the movements in them."""
