"""The few exceptions that cross a boundary inside the gateway."""


class GatewayError(Exception):
    """Something a person or a caller must be told; the text says what, where and what to do."""


class BadSettings(GatewayError):
    """A setting is missing, unknown or wrong."""


class LinkDown(GatewayError):
    """The far end of a link is gone; whoever owns the link opens it again."""


class ProtocolError(GatewayError):
    """The far end sent bytes that its protocol does not allow."""


class StoreDown(GatewayError):
    """The database cannot be reached just now; nothing was stored."""


class Unmigrated(GatewayError):
    """The database's schema is not the one this version was written for."""


class TemplateFault(GatewayError):
    """A template cannot be rendered; the text names the file, the line and the reason."""
