"""Acts that bind labels: goods by the run, equipment one by one, and other people's codes (R33, R34).

A label is bound once. A thing has one live label: a cylinder's new seal uses up the last one in the same
transaction; the plate of a vehicle or a station is changed by the regulator alone.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gateway.domain.access import Actor
from gateway.domain.code import EXAMPLE, TEST_CLASS, is_bar_code, is_digits, klass, masked
from gateway.domain.errors import Refusal, Why
from gateway.domain.labels import ENDED, Act, Run, following, reason_of
from gateway.domain.records.goods import Batch
from gateway.domain.records.registry import REGISTRY, AnyType, of_class
from gateway.domain.trace import LabelState, RepeatPolicy
from gateway.filing import permits
from gateway.filing.books import Books
from gateway.filing.kept import Kept
from gateway.filing.labels import known, part, run_of, still_open, subject
from gateway.filing.ledger import Change, OneLabel

_SEALED: Final = "lpg"  # its label is used up by the next one
_REPLACED: Final = "更换标牌"
# A firm's own code is asked for as a number of up to 24 digits, or as the serial of a GS1 Digital Link, which has up to
# 20 characters (General Specifications 3.5.2); what is longer could be registered and never found.
LEAST_KEY, MOST_DIGITS, MOST_SERIAL = 4, 24, 20


def bind_run(
    books: Books, actor: Actor, first: str, last: str, batch: str, now: datetime, policy: RepeatPolicy | None = None
) -> int:
    """Bind a run of goods labels to a batch, from code to code; return how many are live now.

    Those in it that ended before stay so. Raises `Refusal`, and binds none, unless all the others are
    issued to the batch's owner, unbound, of the goods' class, and not more than the batch has pieces.
    """
    run = run_of(books, first, last)
    kept = _batch(books, batch, _goods_of(run).name)
    books.labels.take_turns()
    actor.require((kept.owner,), f"批次 {batch} ")
    change = Change(LabelState.ACTIVE, kept.id, policy or REGISTRY[kept.record_type].policy, now)
    before, count = books.labels.bound(kept.id), 0
    for stretch, own in still_open(books, run):
        what = part(books, stretch.run)
        _require_unbound(what, stretch.state, stretch.record_id)
        _require_issued_to(what, stretch.issued_to, (kept.owner,))
        alive = [label for label in own if label.state not in ENDED]
        for label in alive:
            _require_unbound(f"标签 {masked(label.code)} ", label.state, label.record_id)
            books.labels.change_one(label, change)
        books.labels.change(stretch.run, change)
        count += stretch.run.size - len(own) + len(alive)
    if not count:
        raise Refusal(Why.CONFLICT, f"{part(books, run)}都已失效，不能绑定", "code")
    _require_enough(kept, before, count)
    books.audit.note(
        now, actor.name, "labels bound", subject(first), to=masked(last), count=count, record=kept.id
    )  # fmt: skip
    return count


def bind_one(books: Books, actor: Actor, code: str, thing: Kept, now: datetime) -> str | None:
    """Bind a label to a cylinder, a vehicle or a station; return the code of the seal that this used up.

    Raises `Refusal`, and binds nothing, for a label that is not issued to its owner, was bound before or is of
    another class, and for a thing that is scrapped or whose live label is not this actor's to replace.
    """
    books.labels.take_turns()
    label, key = known(books, code), thing.key
    owners = (thing.owner, thing.parties.get("owner"))
    actor.require(owners, f"{key} ")
    what, kind = f"标签 {masked(code)} ", REGISTRY[thing.record_type]
    if label.place is None or klass(code) not in kind.classes or issubclass(kind.model, Batch):
        raise Refusal(Why.INVALID, f"{what}的类别不能用于 {key}", "code")
    _require_unbound(what, label.state, label.record_id)
    _require_issued_to(what, label.issued_to, owners)
    if kind.facts(thing.record).status == "scrapped":
        raise Refusal(Why.CONFLICT, f"{key} 已报废，不能再绑定标签", "key")
    last = books.labels.live(thing.id)
    if last is not None:
        _retire(books, actor, last, thing, now)
    bound = Change(following(label.state, Act.BIND, what), thing.id, kind.policy, now)
    books.labels.change_one(label, bound, equipment=True)
    permits.judge(books, thing.id, thing.record, now)  # a thing on the deny list stands there by its live label
    books.audit.note(now, actor.name, "label bound", subject(code), record=thing.id)
    return last.code if last else None


def use_up(books: Books, actor: Actor, cylinder: Kept, now: datetime) -> None:
    """End the live seal of a cylinder that was filled without a new one: whoever fills takes the last one off."""
    books.labels.take_turns()
    last = books.labels.live(cylinder.id)
    if last is not None:
        _retire(books, actor, last, cylinder, now)


def _retire(books: Books, actor: Actor, last: OneLabel, kept: Kept, now: datetime) -> None:
    """End the live label of a thing that gets another one."""
    if kept.record_type == _SEALED:
        act, reason = Act.CONSUME, None
    else:
        if not actor.everywhere:
            raise Refusal(Why.FORBIDDEN, f"{kept.key} 已有标签 {masked(last.code)} ，更换须由监管部门办理", "key")
        act, reason = Act.CANCEL, reason_of(Act.CANCEL, _REPLACED)
    ended = Change(following(last.state, act), reason=reason)
    books.labels.change_one(last, ended)
    permits.judge_label(books, last, ended.state, now)
    books.audit.note(now, actor.name, f"label {act}", subject(last.code), record=kept.id)


def register(
    books: Books,
    actor: Actor,
    keys: Sequence[str],
    batch: str,
    now: datetime,
    *,
    hashed: bool = False,
    record_type: str | None = None,
) -> int:
    """Take a firm's own codes as live labels of its batch; return how many.

    Raises `Refusal`, and takes none, for a code that is there before, twice in the list, or one of ours.
    """
    kept = _batch(books, batch, record_type)
    books.labels.take_turns()
    actor.require((kept.owner,), f"批次 {batch} ")
    for number, key in enumerate(keys, 1):
        if wrong := _wrong(books, key):
            raise Refusal(Why.INVALID, f"第 {number} 行：{key[:MOST_DIGITS]} {wrong}", f"[{number}]")
    if len(set(keys)) < len(keys):
        twice = next(key for key, times in Counter(keys).items() if times > 1)
        raise Refusal(Why.CONFLICT, f"{twice} 在清单中重复出现", "keys")
    _require_enough(kept, books.labels.bound(kept.id), len(keys))
    policy = REGISTRY[kept.record_type].policy
    there = books.labels.register(keys, kept.id, kept.owner or "", policy, now, hashed=hashed)
    if there:
        first = next(key for key in keys if key in there)
        raise Refusal(Why.CONFLICT, f"{first} 等 {len(there)} 个编码已登记过，不能重复登记", "keys")
    books.audit.note(now, actor.name, "codes registered", kept.id, count=len(keys), hashed=hashed)
    return len(keys)


def _wrong(books: Books, key: str) -> str | None:
    """Return why a key cannot be a firm's own code; a number that passes our check can, unless we issued it."""
    most = MOST_DIGITS if is_digits(key) else MOST_SERIAL
    if not LEAST_KEY <= len(key) <= most or not key.isascii() or not key.isalnum():
        return f"不是编码，应为 {LEAST_KEY} 到 {MOST_DIGITS} 位数字，或 {LEAST_KEY} 到 {MOST_SERIAL} 位字母和数字"
    if books.codes.index_of(key) is not None and books.labels.one(key) is not None:
        return "是本系统发放的标签号"
    if key == EXAMPLE:  # our own texts show it to everybody
        return "是本系统短信中的示例编码"
    if is_bar_code(key):
        return "是商品条码，同种商品都印着它，证明不了哪一件是真的"
    return None


def _goods_of(run: Run) -> AnyType:
    kind = of_class(run.klass)
    if run.klass == TEST_CLASS or kind is None:
        raise Refusal(Why.INVALID, "测试标签不能绑定", "code")
    if not issubclass(kind.model, Batch):
        raise Refusal(Why.INVALID, "气瓶、车辆、充装站的标签须逐个绑定", "code")
    return kind


def _batch(books: Books, batch: str, record_type: str | None) -> Kept:
    """Return a batch by its number, held until the transaction ends; without a type, of the one type that has it."""
    types = [record_type] if record_type else [kind.name for kind in REGISTRY.values() if issubclass(kind.model, Batch)]
    found = [kept for name in types if (kept := books.records.get(name, batch, lock=True))]
    if not found:
        raise Refusal(Why.UNKNOWN, f"没有登记过批次 {batch}，请先录入", "batch")
    if len(found) > 1:
        names = "、".join(kept.record_type for kept in found)
        raise Refusal(Why.INVALID, f"批次 {batch} 有多个类型（{names}），请指明类型", "type")
    return found[0]


def _require_unbound(what: str, state: LabelState, record_id: str | None) -> None:
    if state is LabelState.ACTIVE and record_id:
        raise Refusal(Why.CONFLICT, f"{what}已绑定 {record_id.partition('/')[2]}，不能重复绑定", "code")
    following(state, Act.BIND, what)


def _require_issued_to(what: str, issued_to: str | None, owners: Sequence[str | None]) -> None:
    if issued_to is None or issued_to not in owners:
        raise Refusal(Why.FORBIDDEN, f"{what}不是发给该单位的，不能使用", "code")


def _require_enough(kept: Kept, bound: int, count: int) -> None:
    """A batch has no more live labels than pieces (DOMAIN 2.1)."""
    quantity = kept.record.quantity if isinstance(kept.record, Batch) else None
    if quantity is not None and bound + count > quantity:
        raise Refusal(
            Why.CONFLICT, f"批次 {kept.key} 共 {quantity} 件，已绑定 {bound} 枚，不能再绑定 {count} 枚", "quantity"
        )
