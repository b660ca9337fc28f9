"""Taking payments: what a payment is, and the methods that can make one."""
