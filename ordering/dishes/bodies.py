"""What managers send about categories and dishes.

A change holds only what it changes, but nested lists are whole.
"""

from rest_framework import serializers

from hub.fields import Body, Flag, Text, WholeNumber
from ordering.dishes.rules import MOST_FEN

BIGGEST_ID = 2**63 - 1
MOST_SORT = 32_767
MOST_PORTIONS = 1_000_000
MOST_GROUPS = 20
MOST_OPTIONS = 50
MOST_ITEMS = 30
CLOCK = ["%H:%M", "%H:%M:%S"]


class WindowBody(Body):
    """When a category is offered: weekdays (0 = Monday) and local times; past midnight if it ends earlier."""

    weekdays = serializers.ListField(
        child=WholeNumber(min_value=0, max_value=6), min_length=1, max_length=7, default=lambda: [*range(7)]
    )
    starts = serializers.TimeField(input_formats=CLOCK, format="%H:%M")
    ends = serializers.TimeField(input_formats=CLOCK, format="%H:%M")


class CategoryChange(Body):
    """What changes about a category; ``windows`` replaces all of them, none = always."""

    name = Text(max_length=32, required=False)
    sort = WholeNumber(min_value=0, max_value=MOST_SORT, required=False)
    is_active = Flag(required=False)
    windows = WindowBody(many=True, required=False, max_length=20)


class NewCategory(CategoryChange):
    """A category."""

    name = Text(max_length=32)


class OptionBody(Body):
    """One option; with the ``id`` of one that is there, that one stays."""

    id = WholeNumber(min_value=1, max_value=BIGGEST_ID, required=False)
    name = Text(max_length=32)
    price_delta_fen = WholeNumber(min_value=-MOST_FEN, max_value=MOST_FEN, default=0)
    is_active = Flag(default=True)


class OptionGroupBody(Body):
    """A choice on a dish; with the ``id`` of one that is there, that one stays."""

    id = WholeNumber(min_value=1, max_value=BIGGEST_ID, required=False)
    name = Text(max_length=32)
    required = Flag(default=False)
    min = WholeNumber(min_value=0, max_value=MOST_OPTIONS, default=0)
    max = WholeNumber(min_value=0, max_value=MOST_OPTIONS, default=1)
    options = OptionBody(many=True, allow_empty=False, max_length=MOST_OPTIONS)


class ComboItemBody(Body):
    """A part of a combo."""

    dish = WholeNumber(min_value=1, max_value=BIGGEST_ID)
    quantity = WholeNumber(min_value=1, max_value=99, default=1)


class DishChange(Body):
    """What changes about a dish; ``option_groups`` and ``combo`` replace what was there (null = no combo)."""

    category = WholeNumber(min_value=1, max_value=BIGGEST_ID, required=False)
    station = Text(max_length=32, required=False)
    name = Text(max_length=64, required=False)
    description = Text(max_length=200, allow_blank=True, required=False)
    price_fen = WholeNumber(min_value=0, max_value=MOST_FEN, required=False)
    sort = WholeNumber(min_value=0, max_value=MOST_SORT, required=False)
    is_active = Flag(required=False)
    remaining = WholeNumber(min_value=0, max_value=MOST_PORTIONS, allow_null=True, required=False)
    daily_portions = WholeNumber(min_value=0, max_value=MOST_PORTIONS, allow_null=True, required=False)
    option_groups = OptionGroupBody(many=True, required=False, max_length=MOST_GROUPS)
    # Not many=True: there, a null would be allowed inside the list as well.
    combo = serializers.ListSerializer(
        child=ComboItemBody(), required=False, allow_null=True, allow_empty=False, max_length=MOST_ITEMS
    )


class NewDish(DishChange):
    """A dish; without ``remaining`` it begins with its ``daily_portions``."""

    category = WholeNumber(min_value=1, max_value=BIGGEST_ID)
    station = Text(max_length=32)
    name = Text(max_length=64)
    price_fen = WholeNumber(min_value=0, max_value=MOST_FEN)
