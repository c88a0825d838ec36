"""Tables of the ledger's pay side. Moments are seconds since 1970 (`due_at` on the real clock), money fen."""

TABLES = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS prepays (
    out_trade_no TEXT PRIMARY KEY, prepay_id TEXT NOT NULL UNIQUE, appid TEXT NOT NULL, mchid TEXT NOT NULL,
    openid TEXT NOT NULL, description TEXT NOT NULL, attach TEXT NOT NULL, notify_url TEXT NOT NULL,
    total_fen INTEGER NOT NULL CHECK (total_fen > 0), currency TEXT NOT NULL, frozen TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'NOTPAY', created_at REAL NOT NULL, issued_at REAL NOT NULL, expires_at REAL,
    transaction_id TEXT UNIQUE, payer_total_fen INTEGER, paid_at REAL, paid_times INTEGER NOT NULL DEFAULT 0,
    cancelled_at REAL, prepay_calls INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS prepay_bodies (
    out_trade_no TEXT NOT NULL, digest TEXT NOT NULL, PRIMARY KEY (out_trade_no, digest)
);
CREATE TABLE IF NOT EXISTS refunds (
    out_refund_no TEXT PRIMARY KEY, refund_id TEXT NOT NULL UNIQUE, out_trade_no TEXT NOT NULL,
    amount_fen INTEGER NOT NULL CHECK (amount_fen > 0), reason TEXT NOT NULL, notify_url TEXT NOT NULL,
    frozen TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'PROCESSING', outcome TEXT NOT NULL,
    created_at REAL NOT NULL, due_at REAL, ended_at REAL, calls INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX IF NOT EXISTS refunds_of_order ON refunds (out_trade_no, created_at);
CREATE INDEX IF NOT EXISTS refunds_due ON refunds (due_at) WHERE due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY, notify_id TEXT NOT NULL, kind TEXT NOT NULL, event_type TEXT NOT NULL,
    out_trade_no TEXT NOT NULL, out_refund_no TEXT NOT NULL DEFAULT '', url TEXT NOT NULL,
    resource TEXT NOT NULL, summary TEXT NOT NULL, created_at REAL NOT NULL, form TEXT NOT NULL DEFAULT '',
    tries INTEGER NOT NULL DEFAULT 0, due_at REAL, claimed_until REAL NOT NULL DEFAULT 0, state TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS deliveries_of_order ON deliveries (out_trade_no);
CREATE TABLE IF NOT EXISTS attempts (
    id INTEGER PRIMARY KEY, delivery INTEGER NOT NULL, at REAL NOT NULL, status INTEGER, ms REAL NOT NULL,
    problem TEXT NOT NULL, serial TEXT NOT NULL, form TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS faults (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL, route TEXT, times INTEGER NOT NULL, options TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS calls (route TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS peers (peer TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS nonces_at ON nonces (at);
CREATE TABLE IF NOT EXISTS certificates (serial TEXT PRIMARY KEY, made_at REAL NOT NULL, retired_at REAL);
CREATE TABLE IF NOT EXISTS bills (token TEXT PRIMARY KEY, gzip INTEGER NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS plants (id INTEGER PRIMARY KEY, plant TEXT NOT NULL);
"""
