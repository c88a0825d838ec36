"""The programs we are measured against: small, real, written as their documentation shows."""
