"""The words on made papers: what such ads say in each script, with telephone numbers that reach nobody."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SCRIPTS = ("cjk", "greek", "latin", "cyrillic")

SERVICES: dict[str, dict[str, tuple[str, ...]]] = {
    "cjk": {
        "开锁": ("开锁换锁修锁", "24小时上门服务", "配汽车钥匙", "指纹锁安装", "快速到达"),
        "专业开锁": ("开门 开车 开保险柜", "换锁芯", "随叫随到"),
        "贷款": ("无抵押贷款", "当天放款", "身份证贷款", "急用钱找我", "利息低 下款快"),
        "急用钱": ("个人贷款", "公司周转", "一个电话", "当场拿钱"),
        "房屋出租": ("一室一厅", "家电齐全", "拎包入住", "押一付三", "近地铁 采光好", "非中介"),
        "出租": ("单间 套间", "独立卫生间", "水电全包", "可短租", "房东直租"),
        "门面转让": ("接手可营业", "租金面议", "地段好", "因有事转让"),
        "疏通": ("疏通下水道", "清理化粪池", "高压清洗", "厕所地漏", "不通不收费"),
        "管道疏通": ("马桶 地漏 菜池", "抽粪", "维修水管", "改独立下水"),
        "办证": ("各种证件", "刻章", "学历 驾照", "快速可靠", "先办后付"),
        "刻章办证": ("全国各地", "质量保证", "立等可取"),
        "招聘": ("急招普工", "月薪五千起", "包吃包住", "男女不限", "服务员 保安 快递"),
        "招工": ("日结 长期", "电子厂", "年龄十八至五十", "报名从速"),
        "高价回收": ("冰箱 彩电 空调", "旧手机 旧电脑", "烟酒礼品", "上门收货"),
        "搬家": ("居民搬家", "长短途运输", "空调移机", "价格优惠"),
        "家教": ("小学 初中 高中", "数学 英语 物理", "一对一辅导", "免费试听"),
        "防水补漏": ("屋顶 卫生间 外墙", "免砸砖", "质保五年"),
        "空调维修": ("加氟 清洗 移机", "修洗衣机", "修热水器"),
        "寻物启事": ("本人不慎遗失", "钱包及证件", "拾到者请联系", "必有重谢"),
        "通知": ("各位居民", "因线路检修", "请相互转告", "特此通知"),
        "低价机票": ("学生优惠", "送票上门"),
        "演出": ("周末现场", "免费入场", "八点开始"),
    },
    "greek": {
        "ΕΝΟΙΚΙΑΖΕΤΑΙ": ("ΠΛΗΡΟΦΟΡΙΕΣ", "διαμέρισμα 2ου ορόφου", "κατάστημα", "65 τ.μ.", "τηλ."),
        "ΠΩΛΕΙΤΑΙ": ("ισόγειο κατάστημα", "οικόπεδο", "τιμή ευκαιρίας", "ΠΛΗΡΟΦΟΡΙΕΣ"),
        "ΑΠΟΦΡΑΞΕΙΣ": ("όλο το 24ωρο", "λεκάνες - σιφόνια", "χαμηλές τιμές"),
        "ΚΛΕΙΔΑΡΑΣ": ("24 ΩΡΕΣ", "άμεση εξυπηρέτηση", "πόρτες - αυτοκίνητα"),
        "ΨΥΚΤΙΚΟΣ": ("SERVICE", "ΚΛΙΜΑΤΙΣΤΙΚΩΝ", "20 ευρώ", "πλυντήρια"),
        "ΜΕΤΑΦΟΡΕΣ": ("μετακομίσεις", "φθηνές τιμές", "σε όλη την πόλη"),
        "ΜΑΘΗΜΑΤΑ": ("αγγλικών", "κιθάρας", "μαθηματικών", "προσιτές τιμές"),
        "ΖΗΤΕΙΤΑΙ": ("προσωπικό", "πωλήτρια", "οδηγός με δίπλωμα"),
        "ΣΥΝΑΥΛΙΑ": ("Σάββατο 21:00", "είσοδος ελεύθερη", "ζωντανή μουσική"),
        "ΘΕΑΤΡΟ": ("πρεμιέρα", "Παρασκευή Σάββατο Κυριακή", "ώρα έναρξης 21:15"),
        "ΧΑΘΗΚΕ": ("σκυλίτσα", "αμείβεται", "γκρι γάτος"),
        "ΑΝΑΚΟΙΝΩΣΗ": ("προς όλους τους ενοίκους", "γενική συνέλευση", "ώρα 7 μ.μ."),
        "ΟΛΟΙ ΣΤΗΝ ΠΟΡΕΙΑ": ("Πέμπτη 12 το μεσημέρι", "πλατεία"),
    },
    "latin": {
        "TO LET": ("two rooms", "first floor", "no agents", "available now"),
        "FOR RENT": ("shop 60 m2", "sunny flat", "call owner"),
        "LOCKSMITH": ("24 HOURS", "doors & cars", "fast service"),
        "CASH LOANS": ("same day", "no papers", "easy money"),
        "WE BUY CARS": ("any model", "cash today", "free pick up"),
        "DRAINS": ("unblocked 24h", "plumber", "no call-out fee"),
        "REMOVALS": ("man & van", "cheap rates", "weekends too"),
        "LOST CAT": ("grey, friendly", "please call", "reward"),
        "GUITAR LESSONS": ("all levels", "first lesson free"),
        "LIVE MUSIC": ("saturday 9 pm", "free entrance", "three bands"),
        "FESTIVAL": ("12-14 june", "open air", "tickets at the door"),
        "DJ NIGHT": ("friday 23:00", "all night long", "old port"),
        "THEATRE": ("opening night", "until 30 may", "main stage"),
        "JOBS": ("drivers wanted", "start monday", "good pay"),
        "SE ALQUILA": ("piso 3 hab.", "sin comisiones", "llamar tardes"),
        "A LOUER": ("studio 25 m2", "libre de suite"),
        "ZU VERMIETEN": ("2 Zimmer", "ab sofort"),
        "SALE 50%": ("last days", "everything must go"),
    },
    "cyrillic": {
        "АРЕНДА": ("от собственника", "площадь 40 м2", "без комиссии"),
        "СДАЁТСЯ": ("квартира", "комната", "срочно"),
        "РАБОТА": ("высокая оплата", "курьеры", "каждый день"),
        "КОНЦЕРТ": ("начало в 19:00", "билеты у входа"),
        "РЕМОНТ": ("стиральных машин", "холодильников", "выезд сегодня"),
    },
}


@dataclass(frozen=True, slots=True)
class Words:
    """What one paper says: a title, up to a few lines, and a telephone number that is obviously made up."""

    script: str
    title: str
    lines: tuple[str, ...]
    phone: str


def words(rng: np.random.Generator, script: str) -> Words:
    """Choose what a paper in ``script`` (one of ``SCRIPTS``) says."""
    services = SERVICES[script]
    title = list(services)[rng.integers(len(services))]
    lines = rng.permutation(services[title])[: rng.integers(1, 6)]
    return Words(script, title, tuple(map(str, lines)), phone(rng, script))


def phone(rng: np.random.Generator, script: str) -> str:
    """Make up a telephone number: its middle is 0000 or 555, so that it is nobody's."""
    last = int(rng.integers(1000, 9999))
    if script == "cjk":
        gap = ("", "-", " ")[rng.integers(3)]
        return f"1{rng.integers(30, 99)}{gap}0000{gap}{last}"
    return (f"210 000{last}", f"555 {last}", f"69 0000 {last}", f"{rng.integers(10, 99)} 555 {last % 100:02d}")[
        rng.integers(4)
    ]
