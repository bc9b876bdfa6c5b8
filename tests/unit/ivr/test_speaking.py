"""Which sounds a clause without one of its own is said with."""

from gateway.ivr.speaking import Speaker
from tests.builders.calls import ScriptedCall, SpokenSounds


async def said(clause: str, *silent: str) -> tuple[list[str], list[str]]:
    return await Speaker(ScriptedCall(""), SpokenSounds(silent={clause, *silent})).sounds([clause])


async def test_a_number_is_said_two_digits_in_a_breath() -> None:
    assert await said("八九零四") == (["八九、", "零四、"], [])
    assert await said("幺二三") == (["幺二、", "三"], [])


async def test_without_a_sound_for_two_it_is_said_digit_by_digit() -> None:
    assert await said("八九零四", "零四、") == (["八", "九", "零", "四"], [])
    assert await said("八九零四", "零四、", "八") == ([], ["八九零四"])
