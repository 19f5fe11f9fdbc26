"""What is dropped at the door: whose résumé it is, how to reach the person, and protected attributes (Laws 4 and 10).

Every such piece is covered by ``█`` of the same length in the pages themselves, before anything else reads them, so
that places in the text stay true and nothing behind the door can hold what was dropped.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from matching.resumes.headings import heading, sections_of
from matching.resumes.text import NEW_COLUMN, Line, cells_of, lines_of
from matching.standard.privacy import PATTERNS
from matching.terms import majors, occupations, regions
from matching.terms.skills import skill

COVER = "█"

_GAP = r"[\s\u3000]*"


def _spaced(words: str) -> str:
    """Labels of which any two letters may stand apart (姓  名)."""
    return "|".join(_GAP.join(map(re.escape, word)) for word in words.split())


def _labelled(zh: str, value: str, en: str = "") -> re.Pattern[str]:
    """A label, a colon or a wide gap, and the value that is covered (group 1)."""
    english = f"|\\b(?:{en})" if en else ""
    return re.compile(rf"(?:(?<![\u4e00-\u9fff])(?:{_spaced(zh)}){english})(?:{_GAP}[:：|]{_GAP}|[\t\u3000 ]+)({value})", re.IGNORECASE)  # fmt: skip


_REST = r"[^\n\t|｜]*?(?=\s{2,}|\u3000|[\t\n|｜;；，,]|$)"
_LINE = r"[^\n\t]*"
_PERSON = r"[\u4e00-\u9fff](?:[ \u3000]{1,2}[\u4e00-\u9fff]){1,3}(?![\u4e00-\u9fff\s:：])|[\u4e00-\u9fff·]{2,12}|[A-Za-z][A-Za-z.'-]*(?: [A-Za-z][A-Za-z.'-]*){0,3}"
_NAMED = _labelled(
    "姓名 名字 证明人 联系人 紧急联系人 推荐人 导师 指导老师 指导教师 带教老师 班主任 辅导员 父亲 母亲 配偶", _PERSON,
    r"full name|(?<![A-Za-z] )name(?!\s*of)|referee|reference",
)  # fmt: skip
_PROTECTED: dict[str, tuple[re.Pattern[str], ...]] = {
    "sex": (_labelled("性别", _REST, "gender|sex"), re.compile(r"(?<![\u4e00-\u9fff])([男女])(?![\u4e00-\u9fff])"), re.compile(r"([男女](?=生(?!产|活|物|态|鲜|成))|[男女](?=性|士|孩))"),
            re.compile(r"(?<![A-Za-z])((?:fe)?male)(?![A-Za-z])", re.IGNORECASE)),
    "ethnicity": (_labelled("民族 族别", _REST, "ethnicity|ethnic group|nationality"), re.compile(
        r"((?:汉|蒙古|回|藏|维吾尔|苗|彝|壮|布依|朝鲜|满|侗|瑶|白|土家|哈尼|哈萨克|傣|黎|傈僳|佤|畲|高山|拉祜|水|东乡|纳西|景颇|柯尔克孜|土|达斡尔|仫佬|羌|布朗|撒拉|毛南|仡佬|锡伯|阿昌|普米|塔吉克|怒|乌孜别克|俄罗斯|鄂温克|德昂|保安|裕固|京|塔塔尔|独龙|鄂伦春|赫哲|门巴|珞巴|基诺)族)(?!舞|自治|乡|学院|大学|特色|音乐)"),),
    "political": (_labelled("政治面貌 政治面目 党派 入党时间", _REST, "political status|political affiliation"), re.compile(
        r"((?:中共|共产党|中国共产党)(?:预备|正式)?党员|(?:预备|正式|学生)党员|(?<![\u4e00-\u9fff])党员|共青团员|(?<![\u4e00-\u9fff])团员(?![\u4e00-\u9fff])|入党积极分子|发展对象(?=[，,。；;\s]|$)|党支部[\u4e00-\u9fff]{0,8}|(?<![\u4e00-\u9fff])群众(?![\u4e00-\u9fff])|"
        r"(?:member of the )?communist (?:party|youth league)[a-z ]{0,20})", re.IGNORECASE)),
    "birth": (_labelled("出生年月 出生日期 出生年月日 出生时间 出生 生日 年龄 生于", _REST, r"date of birth|d\.?o\.?b\.?|birth ?date|birthday|born|age"),
              re.compile(r"((?:19[6-9]\d|20[01]\d)年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:出)?生(?!产|活|物|态))"), re.compile(r"生于\s*((?:19|20)\d{2}[^，,。\s]{0,8})"),
              re.compile(r"(?<![\d.])((?:1[6-9]|[2-4]\d)\s*(?:周?岁|years old))")),
    "household": (_labelled("籍贯 户籍 户口 户籍地 户口所在地 户籍所在地 生源地 户口性质 出生地 祖籍", _REST, "hometown|native place|place of birth"),),
    "body": (_labelled("身高 体重 健康状况 健康情况 身体状况 视力 血型 婚姻状况 婚否 婚姻 婚育状况 宗教信仰 残疾情况 残疾等级 残疾 国籍 身高体重", _REST,
                       "height|weight|marital status|health|religion|disability|citizenship"),
             re.compile(r"(身高\s*\d{3}\s*(?:cm|厘米|公分)?|体重\s*\d{2,3}\s*(?:kg|公斤|斤)?|(?<!\d)1[4-9]\d\s*cm(?![a-z])|残疾(?:人|证)[\u4e00-\u9fff]{0,4}|低保(?:户|家庭)?|建档立卡[\u4e00-\u9fff]{0,4}|贫困(?:生|家庭|户)|未婚|已婚)", re.IGNORECASE)),
}  # fmt: skip
_REACHED: dict[str, tuple[re.Pattern[str], ...]] = {
    "contact": (
        _labelled("电话 手机 手机号 手机号码 联系电话 联系方式 移动电话 邮箱 电子邮箱 电子邮件 微信 微信号 固定电话 邮编 传真", _LINE.replace("*", "*?") + r"(?=\s{2,}|[\t|｜\n]|$)",
                  "phone|mobile|tel|telephone|e-?mail|wechat|cell|fax|zip code"),
        _labelled("QQ QQ号 个人主页 主页 博客 领英", r"\S+", r"qq|linkedin|github|homepage|website|blog"),
        re.compile(r"((?:https?://|www\.|(?<![\w.])(?:github|gitee|linkedin)\.com/)[^\s，,；;]+)", re.IGNORECASE),
    ),
    "address": (_labelled("家庭住址 家庭地址 通讯地址 通信地址 详细地址 联系地址 住址 地址 现住址 现居地址", _LINE, "(?:home |mailing |current )?address"),),
    "id_number": (_labelled("身份证号码 身份证号 身份证 证件号码 证件号 学号 准考证号 护照号", _REST, "id number|id card|passport(?: no)?"),),
}  # fmt: skip
_SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康"
    "伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯管卢莫经房裘缪干解应宗丁"
    "宣邓郁单杭洪包诸左石崔吉钮龚程嵇邢裴陆荣翁荀羊甄曲家封储靳松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全班秋仲伊宫宁仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶黎蓟薄印宿白怀蒲鄂索咸籍赖卓蔺屠蒙"
    "池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍桑桂濮牛寿通边扈燕冀浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧沃利蔚越隆师巩厍聂晁勾"
    "敖融冷辛阚那简饶空曾母沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公肖涂熊闫佟岳柳覃覃付代邸"
)
_DOUBLE = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯")
_PINYIN = frozenset(
    "li wang zhang liu chen yang huang zhao wu zhou xu sun ma zhu hu guo he gao lin luo zheng liang xie song tang deng han feng "
    "cao peng zeng xiao tian dong pan yuan cai jiang yu du ye cheng wei su lu ding ren yao shen zhong cui tan fan liao shi jin "
    "jia xia fu fang zou xiong bai meng qin qiu hou jiang yin xue yan duan lei long tao gong dai mo kong xiang".split()
)  # fmt: skip
_NO_NAME = re.compile(
    r"简历|大学|学院|专业|工程|会计|护理|江西|南昌|应聘|求职|意向|岗位|经理|助理|专员|技能|教育|经历|信息|评价|证书|本科|专科|硕士|博士|学士|高级|中级|初级|全职|实习|在职|应届|毕业"
    r"|管理|金融|软件|计算|语言|文员|师$|员$|[市省县区]$|届$|程序|方向|平台|公司|简介|项目|基本|个人|联系|时间|成绩|党|团"
)
_TITLED = re.compile(
    r"([\u4e00-\u9fff]{2,4}?)(?:的|[ \u3000_—-]+)?(?:个人|求职)?简历|(?:个人|求职)?简历[ \u3000:：_—-]+([\u4e00-\u9fff]{2,4})(?![\u4e00-\u9fff])"
    r"|我叫[：:]?\s*([\u4e00-\u9fff]{2,3})(?=[，,。\s]|$)"
    r"|(?:r[eé]sum[eé]|curriculum vitae|cv) of ([A-Za-z]+(?: [A-Za-z]+){1,2})", re.IGNORECASE
)  # fmt: skip
_TOP = 8
"""Lines at the head of the first page among which a name may stand without a label."""

_TOP_OF_COLUMN = 3
"""And at the head of each further column."""


class Dropped(NamedTuple):
    """The pages with everything covered, and how many pieces of each sort there were."""

    pages: tuple[str, ...]
    counts: dict[str, int]


def at_the_door(pages: tuple[str, ...]) -> Dropped:
    """Cover names, contact data, ID numbers, addresses, protected attributes and the family section.

    A name is known by its label, by 的简历, or by standing alone in the first lines; then it is covered wherever it stands.
    """
    counts: Counter[str] = Counter()
    names = _names(pages)
    covered = tuple(_family_covered(pages, counts))
    covered = tuple(_patterns(page, counts) for page in covered)
    for name in sorted(names, key=len, reverse=True):
        pattern = re.compile(_GAP.join(map(re.escape, name.replace(" ", ""))), re.IGNORECASE)
        covered = tuple(_cover(page, pattern, 0, (counts, "name")) for page in covered)
    return Dropped(covered, dict(sorted(counts.items())))


def without_covers(text: str) -> str:
    """`text` without what was covered, and without what is left around it."""
    text = re.sub(rf"[（(【\[]\s*{COVER}+\s*[)）】\]]|{COVER}+", "", text)
    return re.sub(r"[ \t\u3000]{2,}", " ", text).strip(" \t\u3000，,、；;|:：")


def clauses_without_covers(text: str) -> str:
    """`text` without the clauses in which something was covered: what is left of them says nothing."""
    parts = re.split(r"(?<=[，,。；;！!])", text)
    return without_covers("".join(part for part in parts if COVER not in part))


def _patterns(page: str, counts: Counter[str]) -> str:
    for sort, pattern in PATTERNS.items():
        page = _cover(page, pattern, 0, (counts, sort))
    page = _cover(page, _NAMED, 1, (counts, "name"))
    for sorts in (_REACHED, _PROTECTED):
        for sort, patterns in sorts.items():
            for pattern in patterns:
                page = _cover(page, pattern, 1, (counts, sort))
    return page


def _cover(page: str, pattern: re.Pattern[str], group: int, told: tuple[Counter[str], str]) -> str:
    parts, end = [], 0
    for match in pattern.finditer(page):
        start, stop = match.span(group)
        value = page[start:stop]
        if stop <= start or not value.strip(f"{COVER} \t\u3000-—/无暂") or heading(value.strip()) is not None:
            continue
        told[0][told[1]] += 1
        parts += [page[end:start], re.sub(r"[^\n\t\f]", COVER, value)]
        end = stop
    return "".join([*parts, page[end:]])


def _family_covered(pages: tuple[str, ...], counts: Counter[str]) -> Iterator[str]:
    doomed = [line for part in sections_of(lines_of(pages)) if part.name == "family" for line in part.lines]
    for number, page in enumerate(pages, 1):
        for line in doomed:
            if line.page == number:
                counts["family"] += 1
                page = page[: line.start] + re.sub(r"[^\t]", COVER, page[line.start : line.end]) + page[line.end :]
        yield page


def _names(pages: tuple[str, ...]) -> set[str]:
    found = {name for page in pages for name in _said(page)}
    found |= set(_standing(lines_of(pages[:1])))
    return {name for name in found if 2 <= len(name.replace(" ", "")) <= 40}


def _said(page: str) -> Iterator[str]:
    label = re.compile(
        rf"(?:{_spaced('姓名')}|(?<![A-Za-z] )\bname)(?:{_GAP}[:：]{_GAP}|[\t\u3000 ]+)({_PERSON})", re.IGNORECASE
    )
    for match in label.finditer(page):
        name = re.sub(r"[\u3000\s]+", " " if match[1].isascii() else "", match[1]).strip()
        if heading(name) is None and not re.fullmatch(r"性别|民族|年龄|出生.*|of.*", name):
            yield name
    for match in _TITLED.finditer(page):
        name = next(group for group in match.groups() if group)
        if name.isascii() or _like_a_name(name):
            yield name


def _standing(lines: list[Line]) -> Iterator[str]:
    """Names that stand alone in a line or cell at the head, in Chinese or in letters."""
    columns: list[list[Line]] = [[]]
    for line in lines:
        if line.text == NEW_COLUMN:
            columns.append([])
        else:
            columns[-1].append(line)
    for line in [*(line for line in lines if line.text != NEW_COLUMN)][:_TOP] + [
        line for own in columns[1:] for line in own[:_TOP_OF_COLUMN]
    ]:
        for text in (line.text.strip(), *(cell.text for cell in cells_of(line))):
            bare = re.sub(r"[\s\u3000]", "", text)
            if _like_a_name(bare):
                yield bare
            elif re.fullmatch(r"[A-Z][A-Za-z'-]+(?: [A-Z][A-Za-z'-]*\.?){1,2}", text) and heading(text) is None:
                words = text.lower().split()
                if words[0] in _PINYIN or words[-1] in _PINYIN:
                    yield text


def _like_a_name(text: str) -> bool:
    if not re.fullmatch(r"[\u4e00-\u9fff]{2,4}", text) or not (text[0] in _SURNAMES or text.startswith(_DOUBLE)):
        return False
    if len(text) == 4 and not text.startswith(_DOUBLE) and text[1] not in _SURNAMES:
        return False
    readers: tuple[Callable[[str], object], ...] = (
        heading,
        skill,
        majors.find_major,
        occupations.read,
        regions.find_region,
    )
    return not _NO_NAME.search(text) and all(read(text) is None for read in readers)
