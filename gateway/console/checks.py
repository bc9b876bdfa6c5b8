"""What must be so before words go live."""

from gateway.console.view import Check, View
from gateway.domain.errors import TemplateFault
from gateway.domain.proof import Bench, Workshop
from gateway.domain.safety import forbidden, missing


def checks(view: View, bench: Bench | None, workshop: Workshop) -> list[Check]:
    """Return all conditions for publishing, each with how it stands; `bench` None: the draft does not compile."""
    found = [Check("ok", "写法") if not view.faults else Check("bad", f"写法有 {len(view.faults)} 处要改", wide=True)]
    if bench:
        found += _said(view, bench, workshop)
    found += _trial(view)
    found += _replay(view)
    if view.stale:
        found.append(Check("bad", f"有人发布了第 {view.live_version} 版，您改的是另一版", wide=True))
    return found


def _said(view: View, bench: Bench, workshop: Workshop) -> list[Check]:
    """Look at what must be said, on the specimens."""
    name, lacking, wrong, must, segments = view.source.name, set(), set(), 0, 1
    allowed = 1
    live = workshop.bench(view.live_source)
    for one in view.specimens:
        try:
            proof = bench.proof(one.clause)
            allowed = max(allowed, live.size(one.clause).must_segments)
        except TemplateFault:
            return [Check("bad", f"{one.id} 算不出：有的值缺，要放进可省部分", wide=True)]
        lacking |= set(missing(name, proof.must))
        wrong |= set(forbidden(name, proof.text))
        must, segments = max(must, proof.size.must), max(segments, proof.size.must_segments)
    checks = []
    if lacking:
        words = "、".join("”或“".join(group) for group in sorted(lacking))
        checks.append(Check("bad", f"必留部分缺安全用语“{words}”", wide=True))
    if wrong:
        checks.append(Check("bad", f"不能说“{'”“'.join(sorted(wrong))}”", wide=True))
    if not lacking and not wrong:
        checks.append(Check("ok", "安全用语齐全"))
    if segments > allowed:
        checks.append(Check("bad", f"必留部分 {must} 字，超出一条 {must - 70} 字", wide=True))
    elif view.specimens:
        checks.append(Check("ok", f"必留最长 {must} 字"))
    return checks


def _trial(view: View) -> list[Check]:
    trial = view.trial
    if trial is None or trial.hash != view.hash:
        text = "还没有试算" if trial is None else "试算是改之前的，要重算"
        return [Check("todo", text, wide=True)] if view.changed else []
    if trial.state == "running":
        return [Check("todo", "正在试算", wide=True)]
    result = trial.result or {}
    if trial.state == "failed":
        return [Check("bad", "试算没有做成", wide=True)]
    found = []
    if result["failed"]:
        found.append(Check("bad", f"{result['failed']} 条档案算不出，见试算", wide=True))
    for words, count in result["unsafe"].items():
        found.append(Check("bad", f"{count} 条档案里{words}", wide=True))
    if result["must_segments"] > max(1, result["live_must_segments"]):
        found.append(Check("bad", "有的档案必留部分超出一条", wide=True))
    return found or [Check("ok", f"{result['rows']:,} 条都能算出")]


def _replay(view: View) -> list[Check]:
    replay = view.replay
    if replay is None or replay.hash != view.hash:
        return [Check("todo", "还没有重答最近的提问", wide=True)] if view.changed else []
    if replay.state == "running":
        return [Check("todo", "正在重答", wide=True)]
    if replay.state == "failed":
        return [Check("bad", "重答没有做成", wide=True)]
    result = replay.result or {}
    if result["verdicts"]:
        return [Check("bad", f"{result['verdicts']} 次判定变了", wide=True)]
    return [Check("ok", f"重答 {result['used']:,} 次，判定没变")]
