"""A WeChat Pay and WeChat API emulator: speaks HTTP, keeps its own books, imports nothing of the product."""
