"""Kitas and childminders: where they are, what they offer, and how parents find them."""
