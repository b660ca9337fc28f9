"""Believable histories: customers with characters, their documents, excuses and payments over years, from a seed.

Written in bulk, and as the portal itself would have written them: the books, the chain of events and every status
agree. For the demo, for figures and for benchmarks; no customer in it is anybody.
"""
