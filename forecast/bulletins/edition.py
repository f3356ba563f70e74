"""The Chinese words about a revision: its number, who decided it when and why, what it changes."""

from forecast.bulletins import text
from forecast.bulletins.content import Bulletin, Issue
from forecast.fields.decision import Trigger
from forecast.fields.membership import Quality

NO_CHANGE = "与上一版相比无变化"
NEVER_CAME = "此前各版未能发布，没有可比较的内容。"
QUALITIES = {
    Quality.NORMAL: "成员齐全",
    Quality.REDUCED: "成员不全，满足最低要求",
    Quality.BELOW_QUORUM: "成员少于最低要求，仅供参考",
    Quality.FALLBACK: "沿用此前时次",
    Quality.NONE: "没有可用成员",
}
"""How good the basis of a product is."""
_TRIGGERS = {
    Trigger.ALL_ENDED: "各成员均已结束",
    Trigger.SOFT_CUTOFF: "到达软截止时间且满足最低要求",
    Trigger.HARD_CUTOFF: "到达硬截止时间",
    Trigger.LATE_MEMBER: "迟到的成员完成后重新确定",
    Trigger.NOT_PREPARED: "预处理失败，成员未能启动",
    Trigger.ASKED: "人工要求",
}


def number(issue: Issue) -> str:
    """首次发布, or 第1次修订."""
    return f"第{issue.revision}次修订" if issue.revision else "首次发布"


def decision(issue: Issue) -> str:
    """When and why it was decided who is in; empty in a made example."""
    if issue.decided is None:
        return ""
    return f"{text.moment(issue.decided)}确定成员：{_TRIGGERS[issue.trigger]}"


def basis(issue: Issue) -> str:
    """逐小时预报：成员齐全；逐日趋势：成员不全，满足要求，暂定，最迟15时再定."""
    parts = []
    for entry in issue.bases:
        state = QUALITIES[entry.quality]
        if not entry.final:
            until = (
                f"，最迟{text.moment(entry.hard)}再定" if entry.hard else "，待其余成员完成后再定"
            )
            state += f"，暂定{until}"
        parts.append(f"{entry.product}：{state}")
    return "；".join(parts)


def city_changes(bulletin: Bulletin) -> list[str]:
    """What a revision changes in each city that it changes; empty in the first issue."""
    if not bulletin.issue.revision:
        return []
    return [
        f"{city.name_zh}：{'；'.join(city.changes)}。"
        for city in bulletin.cities
        if city.changes and city.changes != (NO_CHANGE,)
    ]
