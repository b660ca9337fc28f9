"""The month on paper: made once from the figures, kept, listed, and told of to whoever wants it."""
