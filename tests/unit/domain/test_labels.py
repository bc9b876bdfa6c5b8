"""What may become of a label, and what stands beside its code."""

import pytest

from gateway.domain.errors import Refusal, Why
from gateway.domain.labels import ENDED, Act, Run, countersign, following, hashed, may, reason_of
from gateway.domain.trace import LabelState

KEY = b"l" * 32


def test_a_labels_life_goes_one_way() -> None:
    assert following(LabelState.MINTED, Act.ISSUE) is LabelState.ISSUED
    assert following(LabelState.ISSUED, Act.BIND) is LabelState.ACTIVE
    assert following(LabelState.ACTIVE, Act.CONSUME) is LabelState.CONSUMED


@pytest.mark.parametrize(("state", "act"), [(s, a) for s in LabelState if s in ENDED for a in Act])
def test_nothing_can_be_done_to_a_label_that_has_ended(state: LabelState, act: Act) -> None:
    with pytest.raises(Refusal) as refused:
        following(state, act)
    assert refused.value.why is Why.CONFLICT


@pytest.mark.parametrize("act", [Act.BIND, Act.CONSUME, Act.RETURN, Act.DESTROY, Act.LOSE, Act.STEAL, Act.SCRAP])
def test_what_was_never_issued_is_nobodys_to_use_or_lose(act: Act) -> None:
    assert not may(LabelState.MINTED, act)


@pytest.mark.parametrize("act", [Act.RETURN, Act.DESTROY])
def test_only_unused_labels_go_back_to_the_office(act: Act) -> None:
    assert following(LabelState.ISSUED, act) is LabelState.CANCELLED
    assert not may(LabelState.ACTIVE, act)


def test_a_refusal_says_what_and_why_in_words() -> None:
    with pytest.raises(Refusal, match="标签 1688 已挂失，不能绑定"):
        following(LabelState.LOST, Act.BIND, "标签 1688 ")


@pytest.mark.parametrize(
    ("act", "given", "kept"),
    [
        (Act.CANCEL, " 印坏 ", "印坏"),
        (Act.RETURN, "", "退回"),
        (Act.RETURN, "余量", "退回：余量"),
        (Act.DESTROY, "火", "销毁：火"),
        (Act.CANCEL, "印\n坏\t了　重印", "印 坏 了 重印"),
    ],
)
def test_a_reason_tells_how_unused_labels_ended(act: Act, given: str, kept: str) -> None:
    assert reason_of(act, given) == kept


@pytest.mark.parametrize("given", ["", "  ", "长" * 201, "\x1b[31m", "\udcff", "\u202e倒"])
def test_a_reason_is_asked_for(given: str) -> None:
    with pytest.raises(Refusal, match="请写明原因"):
        reason_of(Act.CANCEL, given)


def test_a_run_is_cut_where_another_meets_it() -> None:
    whole = Run(1, 1, 10, 19)
    assert whole.without(Run(1, 1, 13, 15)) == [Run(1, 1, 10, 12), Run(1, 1, 16, 19)]
    assert whole.without(Run(1, 1, 0, 12)) == [Run(1, 1, 13, 19)]
    assert whole.without(whole) == []
    assert whole.common(Run(1, 1, 19, 99)) == Run(1, 1, 19, 19)


@pytest.mark.parametrize("other", [Run(2, 1, 10, 19), Run(1, 2, 10, 19), Run(1, 1, 20, 29), Run(1, 1, 0, 9)])
def test_runs_of_another_class_version_or_place_have_nothing_in_common(other: Run) -> None:
    assert Run(1, 1, 10, 19).common(other) is None
    assert Run(1, 1, 10, 19).without(other) == [Run(1, 1, 10, 19)]


@pytest.mark.parametrize(("first", "last"), [(-1, 5), (5, 4)])
def test_a_run_that_ends_before_it_begins_is_none(first: int, last: int) -> None:
    with pytest.raises(ValueError, match="first index"):
        Run(1, 1, first, last)


def test_a_countersign_needs_the_key() -> None:
    signs = {countersign(KEY, f"{code:016d}") for code in range(200)}
    assert all(len(sign) == 4 and sign.isdigit() for sign in signs)
    assert len(signs) > 150, "as good as chance"
    assert [countersign(b"x" * 32, f"{code:016d}") for code in range(9)] != [
        countersign(KEY, f"{code:016d}") for code in range(9)
    ]


def test_a_foreign_codes_hash_is_no_counter_sign_and_fits_its_column() -> None:
    assert hashed(KEY, "690123456789").startswith("h:")
    assert len(hashed(KEY, "690123456789")) == 32
    assert hashed(KEY, "690123456789") != hashed(b"x" * 32, "690123456789")
