"""How a service of the stand-in says no."""


class Refusal(Exception):
    """An error's name, an HTTP status and words."""

    def __init__(self, code: str, status: int = 400, message: str = "refused") -> None:
        self.code, self.status, self.message = code, status, message
        super().__init__(code)
