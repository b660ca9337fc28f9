"""Stripe's objects, one module each: how they come into being, change, and which events that makes."""
