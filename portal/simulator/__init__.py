"""The real code with a fake clock and faults on purpose: what must never happen is looked for by seed."""
