"""What a file as a whole may be refused for."""

from gateway.domain.errors import GatewayError


class BadFile(GatewayError):
    """A file that cannot be taken in; the text says why and what to do, in Chinese."""
