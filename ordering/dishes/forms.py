"""Forms of the menu's admin: prices in yuan, pictures written anew, parts checked by the API's rules."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from hub import money
from hub.errors import Refusal
from hub.images import reencode
from hub.languages import words
from ordering.dishes import parts, pictures
from ordering.dishes.models import Dish, Option
from ordering.dishes.rules import MOST_FEN, Choice, faults_of_choice


class YuanField(forms.DecimalField):
    """Read and typed as yuan, kept as fen."""

    def __init__(self, *, low_fen: int, label: str, initial: int | None = None) -> None:
        limits = {"min_value": Decimal(money.yuan(low_fen)), "max_value": Decimal(money.yuan(MOST_FEN))}
        super().__init__(decimal_places=2, label=label, initial=initial, **limits)

    def prepare_value(self, value: Any) -> Any:
        """Fen as yuan; what somebody typed stays as it is."""
        return money.yuan(value) if isinstance(value, int) else value

    def clean(self, value: Any) -> int:
        """Fen."""
        return money.fen(super().clean(value))

    def has_changed(self, initial: int | None, data: Any) -> bool:
        """Compared as yuan."""
        return super().has_changed(None if initial is None else Decimal(money.yuan(initial)), data)


class DishForm(forms.ModelForm):
    """A dish with its picture."""

    price_fen = YuanField(low_fen=0, label=_("价格(元)"))
    picture = forms.FileField(
        required=False, label=_("上传图片"), help_text=_("JPEG、PNG 或 WebP,不超过 5 MB;保存时重新编码")
    )
    drop_picture = forms.BooleanField(required=False, label=_("删除图片"))

    class Meta:
        model = Dish
        exclude = ("image",)  # noqa: DJ006  (the admin names the fields)

    def clean_picture(self) -> dict[str, bytes] | None:
        """Both sizes, or None."""
        file = self.cleaned_data.get("picture")
        if not isinstance(file, UploadedFile):
            return None
        try:
            return reencode(file, pictures.SIZES)
        except Refusal as refusal:
            raise ValidationError(words(refusal.detail), code=refusal.code) from None


class OptionForm(forms.ModelForm):
    """An option with its price difference."""

    price_delta_fen = YuanField(low_fen=-MOST_FEN, label=_("加价(元)"), initial=0)

    class Meta:
        model = Option
        fields = ("name", "price_delta_fen", "is_active", "sort")


def _kept(formset: forms.BaseInlineFormSet) -> list[dict[str, Any]]:
    """What the formset's rows say, without those that go."""
    said = [form.cleaned_data for form in formset.forms if getattr(form, "cleaned_data", None)]
    return [row for row in said if not row.get("DELETE")]


class Options(forms.BaseInlineFormSet):
    """The options of a group: as many as the group lets be chosen. A group may wait for its first option."""

    def clean(self) -> None:
        """ValidationError for what breaks the group's rules."""
        super().clean()
        deltas = [row["price_delta_fen"] for row in _kept(self) if row.get("is_active")]
        group = self.instance
        if deltas and None not in (group.min, group.max):
            faults = faults_of_choice(Choice(group.required, group.min, group.max, deltas))
            if details := [words(fault.detail) for fault in faults]:
                raise ValidationError(details)


class ComboItems(forms.BaseInlineFormSet):
    """The items of a combo: dishes of the same store that are no combos."""

    def clean(self) -> None:
        """ValidationError for what may not be in this combo."""
        super().clean()
        items = [{"dish": row["dish"].pk, "quantity": 1} for row in _kept(self) if row.get("dish")]
        if not (items and self.instance.store_id):
            return
        if details := [words(row["detail"]) for row in parts.faults(self.instance, {"combo": items})]:
            raise ValidationError(details)
