"""Money: attempts to pay, refunds, and the gateway behind one interface."""
