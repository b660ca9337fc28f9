"""Card and more through Stripe's hosted Checkout. Only this package and its double know `stripe` (decision 14)."""
