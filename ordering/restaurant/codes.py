"""QR codes of tables: the address that a table's code opens, and its picture to be printed."""

from typing import NamedTuple

import segno
from django.http import HttpRequest
from django.urls import reverse

from ordering.restaurant import tokens
from ordering.restaurant.models import DiningTable


class TableCode(NamedTuple):
    """A table with the address in its code, valid until the token is rotated, and the code as a data URI."""

    table: DiningTable
    url: str
    qr: str


def code_of(request: HttpRequest, table: DiningTable) -> TableCode:
    """The code of the table at the host that was asked."""
    url = request.build_absolute_uri(reverse("table", args=[tokens.write(table)]))
    return TableCode(table, url, segno.make(url).svg_data_uri(scale=6, border=2))
