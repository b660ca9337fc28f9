"""The books added up by day, kept in the transaction of each posting, so that figures need not count every row."""
