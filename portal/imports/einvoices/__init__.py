"""Electronic invoices: the XML parsed with care, the signature around it taken off, what it says is due."""
