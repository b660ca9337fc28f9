"""Repayment plans: what a creditor lets its customers agree, agreeing it, and following the books till it is paid."""
