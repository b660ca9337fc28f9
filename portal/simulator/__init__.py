"""The simulator: the real code under a clock that it moves, among doubles that fail, all from one seed (D-40).

A seed decides everything: when it begins, who acts, what breaks, the ids of rows. After every step the
invariants of `invariants/` are asked; at the end trouble is over and what must come right must have come right.
"""
