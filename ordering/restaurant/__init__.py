"""The place: stores, stations, tables and table sessions."""
