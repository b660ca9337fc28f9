"""Papers about a whole account: statement of account, quietanza."""
