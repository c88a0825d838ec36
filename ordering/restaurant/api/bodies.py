"""What managers send about their store. A change holds only what it changes."""

from rest_framework import serializers

from hub.fields import Body, Flag, Text, WholeNumber

CLOCK = ["%H:%M", "%H:%M:%S"]
MOST_SORT = 32_767
MOST_MINUTES = 240


class Code(Text):
    """Letters, digits, hyphens and underscores."""

    default_error_messages = {"code": "只能使用字母、数字、连字符和下划线"}

    def to_internal_value(self, data: object) -> str:
        code = super().to_internal_value(data)
        if not code.isascii() or not code.replace("-", "").replace("_", "").isalnum():
            self.fail("code")
        return code


class StoreChange(Body):
    """The store's settings; hours are whole hours, ``cutover_hour`` is when a business day begins."""

    name = Text(max_length=64, required=False)
    notice = Text(max_length=200, allow_blank=True, required=False)
    pay_first = Flag(required=False)
    auto_accept = Flag(required=False)
    two_step = Flag(required=False)
    auto_complete_hours = WholeNumber(min_value=1, max_value=72, required=False)
    cutover_hour = WholeNumber(min_value=0, max_value=23, required=False)
    tells_eta = Flag(required=False)


class OpeningBody(Body):
    """An opening: it begins on ``weekday`` (0 = Monday) and ends past midnight if it ends earlier."""

    weekday = WholeNumber(min_value=0, max_value=6)
    opens = serializers.TimeField(input_formats=CLOCK, format="%H:%M")
    closes = serializers.TimeField(input_formats=CLOCK, format="%H:%M")


class OpeningHoursBody(Body):
    """All openings; none = open whenever the store says so."""

    opening_hours = OpeningBody(many=True, max_length=50)


class StationChange(Body):
    """What changes about a station; ``late_minutes`` is not below ``warn_minutes``."""

    name = Text(max_length=32, required=False)
    sort = WholeNumber(min_value=0, max_value=MOST_SORT, required=False)
    warn_minutes = WholeNumber(min_value=1, max_value=MOST_MINUTES, required=False)
    late_minutes = WholeNumber(min_value=1, max_value=MOST_MINUTES, required=False)


class NewStation(StationChange):
    """A station; its code stays for ever."""

    code = Code(max_length=32)
    name = Text(max_length=32)


class TableChange(Body):
    """What changes about a table."""

    name = Text(max_length=32, required=False)
    seats = WholeNumber(min_value=1, max_value=200, required=False)


class NewTable(TableChange):
    """A table; its code stays for ever."""

    code = Code(max_length=16)
    name = Text(max_length=32)
