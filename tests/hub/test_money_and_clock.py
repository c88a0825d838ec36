"""Pure figures: yuan and fen, fair shares, business days."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub import clock, cursors, logs, money


@given(st.integers(min_value=-(10**11), max_value=10**11))
def test_yuan_and_fen_are_each_others_inverse(amount):
    assert money.fen(money.yuan(amount)) == amount


@pytest.mark.parametrize("text", ["0.001", "1.999", "1e-3"])
def test_what_is_no_whole_fen_is_refused(text):
    with pytest.raises(ValueError, match="not a whole number of fen"):
        money.fen(text)


def test_a_float_that_looks_right_is_never_asked():
    assert money.fen(Decimal("19.90")) == 1990


@given(st.integers(0, 10**7), st.lists(st.integers(0, 10**5), min_size=1, max_size=20))
def test_shares_add_up_and_are_fair_to_a_fen(total, weights):
    parts = money.share(total, weights)
    whole = sum(weights) or len(weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights if any(weights) else [1] * len(weights), strict=True):
        assert abs(part - total * weight / whole) < 1


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (datetime(2026, 3, 1, 19, 59, tzinfo=UTC), "2026-03-01"),  # 03:59 in Shanghai
        (datetime(2026, 3, 1, 20, 0, tzinfo=UTC), "2026-03-02"),  # 04:00
        (datetime(2026, 3, 1, 15, 59, tzinfo=UTC), "2026-03-01"),  # 23:59
    ],
)
def test_the_business_day_begins_at_the_cutover(at, day):
    assert clock.business_day(at, 4).isoformat() == day
    assert clock.business_day(clock.day_starts_at(clock.business_day(at, 4), 4), 4).isoformat() == day


def test_times_are_written_with_the_local_offset():
    assert clock.iso(datetime(2026, 3, 1, 4, 5, 6, 789000, tzinfo=UTC)) == "2026-03-01T12:05:06.789+08:00"
    assert clock.iso(None) is None


@given(st.from_regex(r"[0-9a-z]{1,16}", fullmatch=True), st.integers(0, 10**17), st.integers(0, 2**32 - 1))
def test_cursors_read_back_what_was_written(epoch, seq, tag):
    assert cursors.read(cursors.write(epoch, seq, tag)) == (epoch, seq, tag)


@pytest.mark.parametrize(
    "text", ["", "x", "a.b.c", "k3x9.1", "k3x9.-1.00000000", "K3X9.1.00000000", "k.1.0", "." * 99]
)
def test_unreadable_cursors_are_none(text):
    assert cursors.read(text) is None


@pytest.mark.parametrize(
    "message",
    [
        "Authorization: Bearer eyJhbGciOi.canary.sig",
        "GET /sns/jscode2session?appid=x&secret=canary&js_code=canary",
        '{"refresh":"canary","password": "canary"}',
    ],
)
def test_secrets_are_taken_out_of_log_lines(message, caplog):
    caplog.handler.addFilter(logs.RedactFilter())
    with caplog.at_level("INFO"):
        logs.logging.getLogger("hub").info(message)
    assert "canary" not in caplog.text
