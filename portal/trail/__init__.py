"""Evidence that outlives the database: the chain's end kept outside it, backups, and restoring them."""
