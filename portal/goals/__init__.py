"""What the figures shall become: goals with where they began, what they aim at, and how far they have come."""
