"""The sample city: for the demo, for trying things out, for the tests."""

from gateway.interchange.sample.city import Caller, City, Example, joined
from gateway.interchange.sample.written import load

__all__ = ["Caller", "City", "Example", "joined", "load"]
