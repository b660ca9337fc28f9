"""The parts of CAMT messages: the head of a statement, its bookings and their parts."""
