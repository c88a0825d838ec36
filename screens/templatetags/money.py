"""Money in templates: fen as yuan."""

from django import template

register = template.Library()


@register.filter
def yuan(fen: int) -> str:
    """``3800`` as ``¥38`` and ``3850`` as ``¥38.50``, like the pages' own `price`."""
    whole, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}¥{whole}" + (f".{rest:02}" if rest else "")
