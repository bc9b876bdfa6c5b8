"""The sample city: for the demo, for trying things out, for the tests."""

from gateway.interchange.sample.city import Caller, City, Example
from gateway.interchange.sample.grown import grow, whole
from gateway.interchange.sample.written import load

__all__ = ["Caller", "City", "Example", "grow", "load", "whole"]
