"""Papers: PDF made from templates, the same bytes for the same data."""
