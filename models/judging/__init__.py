"""How good models are, and what the gate asks of them."""
