"""The parts of MT940 and MT942 messages: fields, statement lines, and what banks write into field 86."""
