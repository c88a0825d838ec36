"""Commands of the rush."""
