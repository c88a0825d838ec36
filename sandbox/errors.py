"""How the emulated gateway says no: WeChat Pay's code, its sentence, the HTTP status."""


class Refused(Exception):
    """A refusal with WeChat's ``code`` and ``message``; ``detail`` is the number at the Request-ID's end."""

    def __init__(self, code: str, message: str, status: int = 400, detail: int = 0):
        super().__init__(f"{status} {code} {message}")
        self.code, self.message, self.status, self.detail = code, message, status, detail
