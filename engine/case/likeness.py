"""How alike two texts are, and by which words: for whoever files a matter that was filed before, and for the review.

Pure, and the same on every database: the weights of words stand here and hang on no collection of cases. What is
officialese in every proposal weighs nothing, words for one thing count as one.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import Final

from engine.case.search_words import fold, tokens

THRESHOLD: Final = 0.31
"""From this score on, of 1, two texts are shown as alike: chosen on one half of a labelled set, measured on the other
(``benchmarks.similar``)."""
SUBJECT_SHARE: Final = 0.2
"""How much the subjects weigh in the score, and the rest of the texts the remainder."""
SHARED_MAX: Final = 6
TEXT_CHARACTERS_MAX: Final = 160
"""So much of a text is compared: what a matter is about is said at its beginning, and long texts share characters by
chance."""
_THING_WEIGHT: Final = 1.5
_COMMON_WEIGHT: Final = 0.5
_COMMON: Final = frozenset("的了是在有不人一上个到没和太也都要我就还用时中大为被着下出给请无很里两三年月天多少")
"""Characters that stand in any text: alone they say nothing, in a pair they say less."""

_ONE_THING: Final = (
    ("食堂", "饭堂", "餐厅", "饭厅", "就餐点"),
    ("饭菜", "菜品", "伙食", "餐食", "菜肴"),
    ("吃饭", "就餐", "用餐", "供餐", "打饭", "开饭"),
    ("工资", "薪酬", "薪资", "薪水", "报酬"),
    ("涨薪", "加薪", "调薪", "工资增长", "工资调整", "薪酬调整", "薪酬增长"),
    ("加班费", "加班工资", "加班报酬"),
    ("宿舍", "寝室", "公寓", "集体宿舍", "职工公寓"),
    ("停车", "泊车", "车位", "停车位"),
    ("充电桩", "充电点", "充电棚", "充电设施"),
    ("电动车", "电瓶车", "电动自行车"),
    ("班车", "通勤车", "接送车", "交通车"),
    ("培训", "学习班", "进修", "授课", "讲座"),
    ("体检", "健康检查", "查体"),
    ("职业病", "尘肺", "职业危害"),
    ("劳保", "劳动防护", "防护用品", "劳防用品", "劳保用品"),
    ("口罩", "面罩", "呼吸器"),
    ("高温", "防暑", "酷暑", "炎热", "闷热", "降温"),
    ("空调", "制冷", "冷风机", "风扇"),
    ("取暖", "供暖", "暖气", "采暖", "保暖"),
    ("洗澡", "澡堂", "浴室", "淋浴", "沐浴"),
    ("厕所", "卫生间", "洗手间"),
    ("母婴室", "哺乳室", "妈咪小屋", "爱心妈咪小屋", "哺乳间"),
    ("托管", "托班", "暑托班", "照看孩子", "看护", "带娃"),
    ("子女", "孩子", "小孩"),
    ("休假", "年假", "年休假", "带薪休假"),
    ("公积金", "住房公积金"),
    ("社保", "社会保险", "五险"),
    ("补贴", "津贴", "补助"),
    ("倒班", "轮班", "夜班", "中班", "三班倒"),
    ("噪声", "噪音", "吵闹"),
    ("粉尘", "扬尘", "灰尘", "烟尘"),
    ("照明", "灯光", "路灯", "光线"),
    ("漏水", "渗水", "漏雨", "渗漏"),
    ("图书室", "阅览室", "职工书屋", "书屋", "读书角"),
    ("健身", "锻炼", "健身房", "运动"),
    ("晋升", "晋级", "职业通道", "发展通道", "上升通道"),
    ("师带徒", "导师带徒", "师徒", "带徒"),
    ("饮水", "开水", "热水", "喝水", "饮水机"),
    ("无线网", "网络", "信号", "宽带", "上网", "wifi"),
    ("困难职工", "帮扶", "救助", "慰问"),
    ("劳务派遣", "派遣工", "派遣员工", "劳务工", "外包工"),
    ("同工同酬", "同等待遇"),
    ("心理", "减压", "情绪", "解压"),
    ("消防", "灭火器", "火灾"),
    ("护栏", "围栏", "防护栏"),
    ("考勤", "打卡", "签到"),
)
"""Words for one thing; the first stands for all of them."""

_OFFICIALESE: Final = """
关于 建议 提案 问题 公司 单位 职工 员工 工人 我们 大家 希望 要求 请求 加强
进一步 提高 改善 完善 解决 增加 增设 建立 健全 落实 推进 开展 目前 现在 由于
因为 所以 但是 情况 方面 工作 进行 相关 部门 管理 制度 有关 尽快 及时 存在
不足 较多 较少 很多 不少 部分 一些 以及 可以 没有 已经 应当 应该 能够 需要
反映 办法 措施 机制 优化 规范 提升 促进 保障 确保 组织 统一 合理 安排 设置
设立 配备 配置 新增 一线 广大 实际 具体 经常 长期 每天 每年 每月 时候 时间
"""
"""What stands in every proposal: it says nothing of the matter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What a text is compared by: the weight of each of its words, of the subject and of all of it.

    ``written`` says how a word for a thing that has several is written there.
    """

    subject: Mapping[str, float]
    whole: Mapping[str, float]
    written: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How alike two texts are, from 0 to 1, and the words they share as the first one has them, weightiest first."""

    score: float
    shared: tuple[str, ...]


@lru_cache(maxsize=1024)
def features(subject: str, text: str = "") -> Features:
    """Return what a matter is compared by: its subject, and what more it says.

    >>> sorted(features("关于饭堂排队的提案").subject)
    ['排', '排队', '队', '队的', '食堂']
    """
    whole = f"{subject}\n{text}"
    written = {_stands_for()[word]: word for word in reversed(_THINGS.findall(fold(whole[:TEXT_CHARACTERS_MAX])))}
    return Features(subject=_weights(subject), whole=_weights(whole), written=written)


def likeness(one: Features, other: Features) -> Likeness:
    """Return how alike two matters are; the score is the same from either side.

    >>> likeness(features("食堂排队太久"), features("食堂排队太久")).score
    1.0
    """
    score = SUBJECT_SHARE * _cosine(one.subject, other.subject) + (1 - SUBJECT_SHARE) * _cosine(one.whole, other.whole)
    shared = {word: weight * other.whole[word] for word, weight in one.whole.items() if word in other.whole}
    ordered = sorted((word for word in shared if len(word) > 1), key=lambda word: (-shared[word], word))
    return Likeness(score=round(score, 4), shared=tuple(one.written.get(word, word) for word in _apart(ordered)))


def telling_words(of: Features, limit: int) -> list[str]:
    """Return the words by which a matter is looked for, those that say most first."""
    weights = {**of.whole, **{word: 2 * weight for word, weight in of.subject.items()}}
    return sorted((word for word in weights if len(word) > 1), key=lambda word: (-weights[word], word))[:limit]


def spellings(word: str) -> tuple[str, ...]:
    """Return all words for the thing that a word stands for.

    >>> spellings("澡堂")
    ('洗澡', '澡堂', '浴室', '淋浴', '沐浴')
    """
    return next((group for group in _ONE_THING if word in group), (word,))


def text_mark(subject: str, text: str) -> str:
    """Return the mark of a text: another one as soon as a word of it is another."""
    return hashlib.sha256(" ".join(tokens(f"{subject}\n{text}")).encode()).hexdigest()[:32]


def _weights(text: str) -> dict[str, float]:
    """Return the weight of each word: words for one thing weigh more than pairs, what is repeated a little more.

    Single characters count as well: whoever says a thing otherwise still uses some of the same characters.
    """
    folded = fold(text[:TEXT_CHARACTERS_MAX])
    found: Counter[str] = Counter()

    def take(hit: re.Match[str]) -> str:
        found[_stands_for()[hit[0]]] += 1
        return " "

    rest = _OFFICIAL.sub(" ", _THINGS.sub(take, folded))
    weights = {word: _THING_WEIGHT * sqrt(times) for word, times in found.items()}
    for token, times in Counter(tokens(rest)).items():
        if len(token) > 1:
            weight = 1.0 if _COMMON.isdisjoint(token) else _COMMON_WEIGHT
            weights[token] = weights.get(token, 0.0) + weight * sqrt(times)
    for sign, times in Counter(_HAN.findall(rest)).items():
        if sign not in _COMMON:
            weights[sign] = sqrt(times)
    return weights


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    if not one or not other:
        return 0.0
    product = sum(weight * other[word] for word, weight in one.items() if word in other)
    return min(1.0, product / sqrt(sum(w * w for w in one.values()) * sum(w * w for w in other.values())))


def _apart(words: list[str]) -> list[str]:
    """Return the first of the words, without those that overlap one before them by a character."""
    kept: list[str] = []
    for word in words:
        if all(set(word).isdisjoint(known) for known in kept):
            kept.append(word)
        if len(kept) == SHARED_MAX:
            break
    return kept


@lru_cache(maxsize=1)
def _stands_for() -> Mapping[str, str]:
    return {word: group[0] for group in _ONE_THING for word in group}


_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_THINGS: Final = re.compile("|".join(sorted((w for group in _ONE_THING for w in group), key=len, reverse=True)))
_OFFICIAL: Final = re.compile("|".join(sorted(_OFFICIALESE.split(), key=len, reverse=True)))
