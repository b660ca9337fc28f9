"""What is known of a person: shown, corrected, given out, erased, and kept no longer than needed."""
