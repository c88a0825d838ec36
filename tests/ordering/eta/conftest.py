"""Time that stands still, and begins at a whole second."""

import pytest
import time_machine

from hub import clock


@pytest.fixture
def clocks():
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as clocks:
        yield clocks
