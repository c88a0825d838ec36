"""A lunch rush: guests, cooks and a counter who work by the public API alone, and know no more."""
