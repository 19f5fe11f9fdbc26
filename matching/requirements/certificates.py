"""Certificates that a posting names, as written."""

from __future__ import annotations

import re

from matching.requirements.findings import Span

_NAMED = re.compile(
    r"(?=[高初小中相幼职教护医执规药住注税审一二监造施安质材资测预机持有低电焊特叉健上导国心证基银期保法律司助社企人育厨营裁康计软普大英通过专日韩雅托毕A-Za-z])(?:"
    r"(?:高级|初级|中级|小学|初级中学|高级中学|高中|初中|幼儿园?|相应(?:学科)?|中小学|职业院校|高校)?教师(?:资格)?证书?|教师资格(?!考)|教资证?"
    r"|护士(?:执业)?(?:资格)?证书?|护士执业资格|护师(?:资格)?证?|(?:执业|助理)(?:助理)?医师(?:资格|执业)?证?书?|执业(?:中)?药师(?:资格)?证?书?|药师(?:资格)?证书?|医师资格证书?|规培证|住院医师规范化培训(?:合格)?证书?"
    r"|注册会计师(?:证书?)?|(?<![A-Za-z])(?:CPA|ACCA|CFA|CMA|FRM|PMP|CET-?[46]|TEM-?[48]|IELTS|TOEFL|BEC|OCP|OCA|OCM|CCNA|CCNP|CCIE|HCIA|HCIP|HCIE|RHCE|CISP|CISSP|CDA|FCRP|CCAA)(?![A-Za-z])"
    r"|(?:初级|中级|高级|助理)会计(?:师|职称|资格证?|证书?)|会计(?:从业|上岗|专业技术)?(?:资格)?证书?|会计师(?:资格)?(?:证书?)|税务师(?:证书?)?|审计师证书?"
    r"|[一二]级(?:注册)?(?:建造师|造价(?:工程)?师|建筑师|结构(?:工程)?师|消防工程师)(?:证书?)?|[一二]建(?:证书?)?|注册(?:安全|监理|造价|电气|土木|测绘|城乡规划|消防|岩土|结构|化工|环保|咨询|设备)(?:工程)?师?(?:证书?)?|监理工程师证?书?|造价(?:员|师)证书?"
    r"|(?:施工员|安全员|质量?员|材料员|资料员|测量员|预算员)(?:岗位|上岗)?证书?|安全(?:生产)?(?:考核)?(?:合格)?[ABC]证|安全员[ABC]?证"
    r"|(?:[ABC][123])?(?:机动车)?(?:驾驶证|驾照|驾驶执照)|[ABC][123]照|(?:持|有)[ABC][123]证|(?:低压|高压|初级|中级|高级)?电工(?:操作|上岗|作业)?证书?|焊工(?:操作|上岗)?证书?|特种(?:作业|设备)(?:操作|作业人员)?证书?|叉车(?:操作|驾驶)?证书?|电梯(?:操作)?证书?"
    r"|健康证|上岗证书?|导游(?:资格)?证书?|(?:国家)?心理咨询师(?:证书?)?|(?:证券|基金|银行|期货|保险(?:代理)?)(?:从业|代理人)?(?:人员)?(?:从业)?资格证?书?|(?:证券|基金|银行|期货)从业(?:证|资格)书?"
    r"|法律(?:职业)?资格证?书?|法考(?:证|[AC]证)?|律师(?:执业|资格)?证书?|司法考试(?:资格)?证?书?|(?:助理|中级|初级)?社会工作(?:者|师)(?:职业)?(?:资格|水平)?证书?|社工证|(?:企业)?人力资源管理师(?:证书?)?"
    r"|保育员证书?|育婴[师员]证书?|厨师证书?|营养师证书?|健身教练证书?|教练证|裁判证|康复治疗师?(?:资格)?证书?|计算机(?:等级)?(?:考试)?[一二三四]级(?:证书?)?|计算机技术与软件专业[^，,。；;\s]{0,6}证书?|软考(?:初级|中级|高级)?(?:证书?)?"
    r"|普通话(?:水平)?(?:等级)?(?:证书?)?(?:达到?)?[一二三]级?(?:甲|乙)等?(?:证书?)?(?:及?以上)?|普通话等?级?证书?|(?:大学)?(?:英语|英文)(?:等级)?(?:水平)?(?:专业|国家|大学|达到?|考试|通过|过)*\s*[四六八46]\s*级(?:证书?)?|(?:通过|过)(?:大学英语|国家英语|英语)?\s*(?:CET-?)?[四六46]\s*级|专业?[四八]级?(?=[证以及或者/、，,。；;优])"
    r"|日语\s*(?:N[1-5]|[一二三]级)(?:证书?)?|(?<![A-Za-z])[JN][1-3](?=[证以及或者、，,。；;级\s])|韩语\s*(?:TOPIK)?[一二三四五六\d]级|雅思|托福|毕业证书?(?!明)|学位证书?)",
    re.IGNORECASE,
)
_NO_DEMAND = re.compile(r"毕业证|学位证")
_CLAUSE = re.compile(r"[^，,。；;\n]+")
_CLAUSE_END = re.compile(r"[，,。；;\n]")
_ANY_SIGN = re.compile(
    r"(?=[证师一二三四五六八46CAFPTIOHN资照雅托软教cafptiohn])(?:证|师(?!范|生|资|兄|姐|徒|带)|[一二三四五六八46]级|[一二]建|资格|照|雅思|托福|软考|教资"
    r"|(?i:CPA|ACCA|CFA|CMA|FRM|PMP|CET|TEM|IELTS|OC[AP]|CC[NI]|HCI|N[1-3]|CDA))"
)


def certificates(part: str, text: str) -> list[Span]:
    """Every certificate and examination level that the words name, required or liked, in order."""
    found: list[Span] = []
    done = 0
    for sign in _ANY_SIGN.finditer(text):
        if sign.start() < done:
            continue
        clause = _CLAUSE.match(text, _begun(text, done, sign.start()))
        done = sign.end() if clause is None else clause.end()
        if clause is not None:
            found += [
                Span.of(part, text, match.span())
                for match in _NAMED.finditer(text, clause.start(), clause.end())
                if not _NO_DEMAND.match(match.group())
            ]
    return found


def _begun(text: str, least: int, place: int) -> int:
    """Where the clause begins that holds `place`."""
    before = _CLAUSE_END.search(text[least:place][::-1])
    return least if before is None else place - before.start()
