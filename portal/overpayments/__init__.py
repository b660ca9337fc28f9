"""Money beyond what was open: kept for the next item, or given back with four eyes."""
