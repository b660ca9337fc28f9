"""Letters for the post: planned like any message, printed in batches, posted by a person, arrived some days later."""
