"""The friction meter: how far people come from a link to settled, how long it takes them, and where they leave."""
