"""``{% preload "screens/kitchen/main.js" %}``: a page's modules come together, not import by import."""

from django import template
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from screens.modules import graph

register = template.Library()


@register.simple_tag
def preload(entry: str) -> SafeString:
    """One link per module that the entry imports, directly or not."""
    links = ((static(path),) for path in graph(entry)[1:])
    return format_html_join("\n  ", '<link rel="modulepreload" href="{}">', links)
