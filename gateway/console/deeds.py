"""What people did, as the audit names it, in words; a deed that is not here is told as it is."""

from collections.abc import Callable, Mapping
from typing import Final

from gateway.console.writing import noted

_WORDS: Final[Mapping[str, str]] = {
    "batch recalled": noted("召回一批"),
    "case exported": noted("导出案卷"),
    "codes registered": noted("登记商品条码"),
    "file imported": noted("导入文件"),
    "form refused": noted("表单被拒"),
    "key added": noted("新增密钥"),
    "key revoked": noted("吊销密钥"),
    "label bound": noted("绑定标签"),
    "label cancel": noted("作废标签"),
    "label consume": noted("用掉封签"),
    "label destroy": noted("销毁标签"),
    "label lose": noted("标签丢失"),
    "label return": noted("退还标签"),
    "label scrap": noted("报废标签"),
    "label steal": noted("标签被盗"),
    "labels bound": noted("绑定一段标签"),
    "labels cancel": noted("作废一段标签"),
    "labels destroy": noted("销毁一段标签"),
    "labels given up": noted("放弃一段标签"),
    "labels issued": noted("发放标签"),
    "labels lose": noted("丢失一段标签"),
    "labels minted": noted("生成标签"),
    "labels return": noted("退还一段标签"),
    "labels scrap": noted("报废一段标签"),
    "labels steal": noted("被盗一段标签"),
    "lift alert": noted("电梯告警"),
    "line paused": noted("暂停线路"),
    "line resumed": noted("恢复线路"),
    "number read": noted("看完整号码"),
    "number searched": noted("按号码查"),
    "page refused": noted("页面被拒"),
    "password changed": noted("换密码"),
    "password reset": noted("重置密码"),
    "phone added": noted("登记手机"),
    "phone removed": noted("去掉手机"),
    "recall agreed": noted("同意召回"),
    "recall declined": noted("不召回"),
    "recall proposed": noted("提出召回"),
    "recording heard": noted("听录音"),
    "reply held back": noted("收回补发"),
    "reply put back": noted("答复放回"),
    "reply sent again": noted("再发答复"),
    "reply set aside": noted("答复不再发"),
    "session ended": noted("结束登录"),
    "sign-in refused": noted("登录被拒"),
    "signed in": noted("登录"),
    "signed out": noted("退出登录"),
    "table exported": noted("导出表格"),
    "ticket closed": noted("工单办结"),
    "ticket handed_over": noted("工单转办"),
    "ticket in_progress": noted("工单办理"),
    "ticket opened": noted("建工单"),
    "ticket reopened": noted("工单重开"),
    "ticket reporter read": noted("看举报人号码"),
    "tickets exported": noted("导出工单"),
    "user added": noted("新建用户"),
    "user disabled": noted("停用用户"),
    "user enabled": noted("启用用户"),
    "void agreed": noted("同意作废"),
    "void declined": noted("不作废"),
    "void proposed": noted("提出作废"),
    "wording declined": noted("退回用语"),
    "wording discarded": noted("放弃草稿"),
    "wording edited": noted("改用语"),
    "wording published": noted("发布用语"),
    "wording rolled back": noted("用语退回旧版"),
    "wording submitted": noted("提交复核"),
    "wording withdrawn": noted("撤回复核"),
}
# Of its details, those that are met most.
_ABOUT: Final[Mapping[str, str]] = {
    "added": noted("新增"),
    "address": noted("地址"),
    "author": noted("起草"),
    "before": noted("原先"),
    "changed": noted("更正"),
    "count": noted("条数"),
    "hash": noted("草稿"),
    "inquiry": noted("查询"),
    "line": noted("线路"),
    "method": noted("方式"),
    "party": noted("单位"),
    "proposed_by": noted("谁提的"),
    "reason": noted("原因"),
    "record": noted("档案"),
    "rejected": noted("不合格"),
    "reviewer": noted("复核"),
    "role": noted("角色"),
    "same": noted("未变"),
    "session": noted("登录"),
    "to": noted("转往"),
    "type": noted("类型"),
    "version": noted("版"),
    "was": noted("原先"),
}


def about_in_words(name: str, say: Callable[[str], str]) -> str:
    """Return what a detail is, for people."""
    return say(_ABOUT[name]) if name in _ABOUT else name


def deed_in_words(action: str, say: Callable[[str], str]) -> str:
    """Return what was done, for people."""
    return say(_WORDS[action]) if action in _WORDS else action


def deed_of(words: str, say: Callable[[str], str]) -> str:
    """Return what the audit calls a deed that somebody looks for by its words; else what he wrote."""
    return next((action for action, said in _WORDS.items() if words and say(said) == words), words)
