"""What the exchange system (Sistema di Interscambio) says of the invoices: read, kept, and what follows from it."""
