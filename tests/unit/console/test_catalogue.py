"""Whatever pages say in Chinese, they can say in English."""

from tests.builders.catalogue import missing


def test_the_english_catalogue_is_whole() -> None:
    assert missing("en") == []
