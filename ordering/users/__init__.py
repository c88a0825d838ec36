"""People and devices: who somebody is and what they may do."""
