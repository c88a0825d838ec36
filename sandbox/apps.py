"""The emulator as a Django app: it brings a management command and nothing else."""

from django.apps import AppConfig


class SandboxConfig(AppConfig):
    """No models: the emulator keeps its money in a ledger of its own."""

    name = "sandbox"
    verbose_name = "微信模拟器"
