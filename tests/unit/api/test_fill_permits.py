"""The signature that a controller checks; the figures were made with `openssl dgst -sha256 -hmac KEY`."""

from gateway.api.fill_permits import signature

ISSUED = 1778385600


def test_a_permit_is_signed_as_its_description_says() -> None:
    signed = signature("k3y", ISSUED, "plate", "蒙C12345", "allow", "", "2026-05-11T12:00:00+08:00")
    assert signed == "t=1778385600,v1=2d3d640f17cd07d58d7122879ab4b987b8bd7c8418e293309c74c4f8917daad2"


def test_a_denial_is_signed_with_its_reasons_and_no_time() -> None:
    signed = signature("k3y", ISSUED, "cylinder_no", "WH12345678", "deny", "OVERDUE,STALE_DATA", "")
    assert signed == "t=1778385600,v1=89205fe34d97ea81ea726b7d8fad968c5fb0a49c087d8f40fba97b9c2187ea01"
