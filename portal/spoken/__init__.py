"""«What came of the call»: a day, a plan, or what is wrong, as a customer said it, kept by whoever spoke with them.

Each is the same fact as if they had said it on their page, with the same rules; the case of the call ends with it.
"""
