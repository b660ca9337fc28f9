"""A mailbox as a source: files that come there by mail wait on the page Today for a person's yes."""
