"""A new database gets its epoch and the stream of revocations."""

from typing import Any

from django.db import migrations

from hub.eventlog import new_epoch_word


def begin(apps: Any, schema_editor: Any) -> None:
    """Create what must exist before the first request."""
    apps.get_model("hub", "Epoch").objects.get_or_create(id=1, defaults={"value": new_epoch_word()})
    apps.get_model("hub", "Stream").objects.get_or_create(key="auth")


class Migration(migrations.Migration):
    dependencies = [("hub", "0001_initial")]
    operations = [migrations.RunPython(begin, migrations.RunPython.noop)]
