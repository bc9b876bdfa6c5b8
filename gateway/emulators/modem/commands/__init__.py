"""All AT commands of the emulated modem, by name."""

from gateway.emulators.modem.commands import general, messages, service
from gateway.emulators.modem.commands.answers import Handler

COMMANDS: dict[str, Handler] = {**general.COMMANDS, **service.COMMANDS, **messages.COMMANDS}
