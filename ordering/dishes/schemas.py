"""The shapes of answers, for the OpenAPI document; the answers themselves are made by rows.py and menu.py."""

from rest_framework import serializers


class Named(serializers.Serializer):
    """An id and a name."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class StaffDish(Named):
    """A dish as staff see it."""

    category = Named()
    station = serializers.CharField()
    price_fen = serializers.IntegerField()
    image = serializers.CharField(allow_null=True)
    is_active = serializers.BooleanField()
    sold_out = serializers.BooleanField(help_text="By hand or because no portion is left.")
    sold_out_by_hand = serializers.BooleanField()
    sold_out_until = serializers.DateTimeField(allow_null=True)
    remaining = serializers.IntegerField(allow_null=True, help_text="null = unlimited")
    version = serializers.IntegerField()


class StaffWindow(serializers.Serializer):
    """When a category is offered: weekdays (0 = Monday) and local times."""

    weekdays = serializers.ListField(child=serializers.IntegerField())
    starts = serializers.TimeField(format="%H:%M")
    ends = serializers.TimeField(format="%H:%M")


class StaffCategory(Named):
    """A category as staff see it."""

    sort = serializers.IntegerField()
    is_active = serializers.BooleanField()
    windows = StaffWindow(many=True)


class StaffOption(Named):
    """One option, on the menu or not."""

    price_delta_fen = serializers.IntegerField()
    is_active = serializers.BooleanField()


class StaffGroup(Named):
    """A choice on a dish."""

    required = serializers.BooleanField()
    min = serializers.IntegerField()
    max = serializers.IntegerField()
    options = StaffOption(many=True)


class StaffComboItem(serializers.Serializer):
    """A part of a combo."""

    dish = serializers.IntegerField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()


class DishCard(StaffDish):
    """A dish with everything a manager writes."""

    thumbnail = serializers.CharField(allow_null=True)
    description = serializers.CharField(allow_blank=True)
    sort = serializers.IntegerField()
    daily_portions = serializers.IntegerField(allow_null=True, help_text="null = not refilled")
    option_groups = StaffGroup(many=True)
    combo = StaffComboItem(many=True, allow_null=True)


class ImageForm(serializers.Serializer):
    """A form with a picture."""

    image = serializers.FileField()


class ImportCount(serializers.Serializer):
    """How many rows of a kind an import touched."""

    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    removed = serializers.IntegerField(help_text="Only option groups are ever removed.")


class MenuImport(serializers.Serializer):
    """What an import did, or with ``dry_run`` would do."""

    dry_run = serializers.BooleanField()
    categories = ImportCount()
    dishes = ImportCount()
    option_groups = ImportCount()
    combos = ImportCount()


class MenuOption(Named):
    """One option."""

    price_delta_fen = serializers.IntegerField()


class MenuGroup(Named):
    """A choice on a dish."""

    required = serializers.BooleanField()
    min = serializers.IntegerField()
    max = serializers.IntegerField()
    options = MenuOption(many=True)


class MenuComboItem(serializers.Serializer):
    """A part of a combo."""

    dish = serializers.IntegerField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()


class MenuRating(serializers.Serializer):
    """What guests think of a dish."""

    average = serializers.FloatField(help_text="1.0 to 5.0, one decimal.")
    count = serializers.IntegerField()


class MenuDish(Named):
    """A dish on the menu."""

    description = serializers.CharField(allow_blank=True)
    price_fen = serializers.IntegerField()
    image = serializers.CharField(allow_null=True)
    thumbnail = serializers.CharField(allow_null=True)
    sold_out = serializers.BooleanField()
    remaining = serializers.IntegerField(allow_null=True, help_text="A number only when few are left.")
    station = serializers.CharField()
    rating = MenuRating(allow_null=True, help_text="null until a published review rates the dish.")
    option_groups = MenuGroup(many=True)
    combo = MenuComboItem(many=True, allow_null=True)


class MenuCategory(Named):
    """A chapter of the menu."""

    dishes = MenuDish(many=True)


class MenuStore(serializers.Serializer):
    """The store on its menu."""

    code = serializers.CharField()
    name = serializers.CharField()
    is_open = serializers.BooleanField()
    notice = serializers.CharField(allow_blank=True)


class MenuBody(serializers.Serializer):
    """The menu document."""

    store = MenuStore()
    cursor = serializers.CharField()
    categories = MenuCategory(many=True)
