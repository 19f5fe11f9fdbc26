"""Forms in which generated résumés are written: PDF, Word and plain text, each a layout of its own.

`held` forms are those that the reader was not developed on: their files were looked at only through the figures.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from eval.resume_people import Person, Told
from matching.errors import FileError

Row = tuple[str, ...]
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_HEADINGS = {
    "wishes": ("求职意向", "求职意向", "职业目标"),
    "education": ("教育背景", "教育经历", "学习经历"),
    "internship": ("实习经历", "实习经验", "实习经历"),
    "project": ("项目经历", "项目经验", "科研项目"),
    "campus": ("校园经历", "在校经历", "学生工作"),
    "skills": ("专业技能", "技能特长", "个人技能"),
    "certificates": ("证书", "资格证书", "所获证书"),
    "summary": ("自我评价", "个人评价", "个人总结"),
}
_ENGLISH = {
    "wishes": "OBJECTIVE", "education": "EDUCATION", "internship": "INTERNSHIP EXPERIENCE", "project": "PROJECTS",
    "campus": "ACTIVITIES", "skills": "SKILLS", "certificates": "CERTIFICATES", "summary": "SUMMARY",
}  # fmt: skip


class Block(NamedTuple):
    """A section: its name, its heading, rows of cells."""

    name: str
    heading: str
    rows: tuple[Row, ...]


class Style(NamedTuple):
    """How one form writes dates, headings and lists."""

    author: random.Random
    headings: int = 0
    date_first: bool = True
    bullet: str = "• "


def period(since: tuple[int, int], until: tuple[int, int], style: Style, *, english: bool) -> str:
    """From when to when, in one of the ways that people write it."""
    (a, b), (c, d) = since, until
    if english:
        return f"{_MONTHS[b - 1]} {a} - {_MONTHS[d - 1]} {c}"
    return style.author.choice(
        (f"{a}.{b:02d}-{c}.{d:02d}", f"{a}年{b}月-{c}年{d}月", f"{a}/{b:02d} - {c}/{d:02d}", f"{a}-{b:02d} ~ {c}-{d:02d}", f"{a}.{b:02d}—{c}.{d:02d}")
    )  # fmt: skip


def basics(person: Person) -> list[tuple[str, str]]:
    """Label and value of the head: all of it is secret but the city."""
    if person.english:
        return [
            ("Name", person.name),
            ("Phone", person.phone),
            ("Email", person.mail),
            ("Date of Birth", person.birth),
            ("Gender", person.sex),
        ]
    return [
        ("姓名", person.name), ("性别", person.sex), ("民族", person.ethnicity), ("出生年月", person.birth), ("政治面貌", person.political),
        ("电话", person.phone), ("邮箱", person.mail), ("籍贯", f"江西{person.hometown}"), ("现居地", f"{person.city[1]}市"),
    ]  # fmt: skip


def blocks(person: Person, style: Style) -> list[Block]:
    """Every section of a person's résumé."""
    rows: dict[str, list[Row]] = {"wishes": _wishes(person), "education": [_schooled(person, style)]}
    for told in person.told:
        rows.setdefault(told.kind, []).extend(_experience(told, style, english=person.english))
    rows["skills"] = [(f"{style.bullet}{line}",) for line in _skills(person, style)]
    rows["certificates"] = [(("、" if not person.english else ", ").join(person.certificates),)]
    rows["summary"] = [(person.summary,)]
    heads = _ENGLISH if person.english else {name: words[style.headings] for name, words in _HEADINGS.items()}
    return [Block(name, heads[name], tuple(own)) for name, own in rows.items() if own]


def _wishes(person: Person) -> list[Row]:
    if person.english:
        return [(person.titles[0],)]
    return [
        (f"意向岗位：{'、'.join(person.titles)}",), (f"期望城市：{'、'.join(name for _, name in person.wished)}",),
        (f"期望薪资：{person.pay}-{person.pay + 2000}元/月",),
    ]  # fmt: skip


def _schooled(person: Person, style: Style) -> Row:
    when = period(person.since, person.until, style, english=person.english)
    course = f"Bachelor of {person.major}" if person.english else person.major
    row = (person.school, course) if person.english else (person.school, course, person.degree)
    return (when, *row) if style.date_first else (*row, when)


def _experience(told: Told, style: Style, *, english: bool) -> Iterator[Row]:
    when = period(told.since, told.until, style, english=english)
    names = tuple(name for name in (told.organisation, told.title) if name)
    yield (when, *names) if style.date_first else (*names, when)
    for line in told.lines:
        yield (f"{style.bullet}{line}",)


def _skills(person: Person, style: Style) -> Iterator[str]:
    own = list(person.skills)
    if person.english:
        yield ", ".join(own)
        return
    verbs = ("熟练掌握", "熟悉", "了解") if style.headings else ("", "", "")
    for i, start in enumerate(range(0, len(own), 3)):
        yield f"{verbs[i % 3]}{'、'.join(own[start : start + 3])}"


# --- plain text ---


def _text(person: Person, author: random.Random, *, encoding: str, gap: str) -> bytes:
    style = Style(author, headings=author.randint(0, 2), date_first=gap != "-", bullet="1. " if gap == "-" else "• ")
    colon = ": " if person.english else "："
    head = [f"{label}{colon}{value}" for label, value in basics(person)]
    lines = ["RESUME" if person.english else "个人简历", "    ".join(head[:5]), "    ".join(head[5:]), ""]
    for block in blocks(person, style):
        lines += [block.heading, *(gap.join(row) for row in block.rows), ""]
    return "\n".join(lines).encode(encoding)


def text_spaces(person: Person, author: random.Random) -> bytes:
    """Plain text in GB18030, cells apart by blanks."""
    return _text(person, author, encoding="gb18030", gap="    ")


def text_bars(person: Person, author: random.Random) -> bytes:
    """Plain text in UTF-8, cells apart by bars."""
    return _text(person, author, encoding="utf-8-sig", gap=" | ")


def text_dashes(person: Person, author: random.Random) -> bytes:
    """Plain text, cells joined by dashes, dates last."""
    return _text(person, author, encoding="utf-8", gap="-")


# --- Word ---


def _saved(document: Any) -> bytes:  # noqa: ANN401
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _head(person: Person) -> list[str]:
    colon = ": " if person.english else "："
    return [f"{label}{colon}{value}" for label, value in basics(person)[1:]]


def word_plain(person: Person, author: random.Random) -> bytes:
    """Word: the name as the title, headings as headings, tabs between cells."""
    document = docx.Document()
    document.add_heading(person.name, 0)
    document.add_paragraph("\t".join(_head(person)[:4]))
    document.add_paragraph("\t".join(_head(person)[4:]))
    for block in blocks(person, Style(author, headings=author.randint(0, 2))):
        document.add_heading(block.heading, 1)
        for row in block.rows:
            document.add_paragraph("\t".join(row))
    return _saved(document)


def word_tables(person: Person, author: random.Random) -> bytes:
    """Word: a table a section; education with a head row."""
    document = docx.Document()
    document.add_paragraph("个人简历")
    _grid(document, [[part for pair in basics(person)[i : i + 2] for part in pair] for i in range(0, 9, 2)])
    for block in blocks(person, Style(author, headings=1)):
        document.add_paragraph(f"■ {block.heading}")
        rows = [list(row) for row in block.rows]
        if block.name == "education":
            rows.insert(0, ["起止时间", "学校", "专业", "学历"])
        if max(map(len, rows)) > 1:
            _grid(document, rows)
        else:
            for row in rows:
                document.add_paragraph(row[0])
    return _saved(document)


def _grid(holder: Any, rows: list[list[str]]) -> None:  # noqa: ANN401
    table = holder.add_table(0, max(map(len, rows)))
    for row in rows:
        cells = table.add_row().cells
        for cell, text in zip(cells, row, strict=False):
            cell.text = text


def word_layout(person: Person, author: random.Random) -> bytes:
    """Word: one table without lines, a narrow column of contact and skills, a wide one of the rest."""
    document = docx.Document()
    left, right = document.add_table(rows=1, cols=2).rows[0].cells
    left.text = person.name
    for line in _head(person):
        left.add_paragraph(line)
    for block in blocks(person, Style(author, headings=2)):
        side = left if block.name in ("skills", "certificates") else right
        side.add_paragraph(block.heading)
        for row in block.rows:
            side.add_paragraph("   ".join(row))
    return _saved(document)


def word_form(person: Person, author: random.Random) -> bytes:
    """Word: the form that schools hand out, labels in cells, section names from top to bottom."""
    document = docx.Document()
    pairs = [
        *basics(person),
        ("毕业院校", person.school),
        ("专业", person.major),
        ("学历", person.degree),
        ("毕业时间", f"{person.until[0]}年{person.until[1]}月"),
    ]
    table = document.add_table(rows=0, cols=4)
    for i in range(0, len(pairs), 2):
        cells = table.add_row().cells
        for cell, text in zip(cells, [part for pair in pairs[i : i + 2] for part in pair], strict=False):
            cell.text = text
    for block in blocks(person, Style(author)):
        if block.name == "education":
            continue
        cells = table.add_row().cells
        cells[0].text = "\n".join(block.heading)
        inner = cells[1].merge(cells[3])
        inner.text = "  ".join(block.rows[0])
        for row in block.rows[1:]:
            inner.add_paragraph("  ".join(row))
    return _saved(document)


def word_boxes(person: Person, author: random.Random) -> bytes:
    """Word: every section in a text box."""
    document = docx.Document()
    document.add_paragraph(f"{person.name}的简历")
    for block in [Block("", "个人信息", tuple((line,) for line in _head(person))), *blocks(person, Style(author))]:
        lines = [block.heading, *("\t".join(row) for row in block.rows)]
        paragraphs = "".join(
            f'<w:p><w:r><w:t xml:space="preserve">{_escaped(line)}</w:t></w:r></w:p>' for line in lines
        )
        box = f'<w:r {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><w:pict><v:shape><v:textbox><w:txbxContent>{paragraphs}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>'
        document.add_paragraph()._p.append(parse_xml(box))
    return _saved(document)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def word_inline(person: Person, author: random.Random) -> bytes:
    """Word: no headings, every section behind a label in the same line."""
    document = docx.Document()
    document.add_paragraph("求职简历")
    document.add_paragraph("  ".join(f"{a}：{b}" for a, b in basics(person)))
    for block in blocks(person, Style(author, headings=author.randint(0, 1), bullet="")):
        rows = ["  ".join(row) for row in block.rows]
        document.add_paragraph(
            f"{block.heading}：{rows[0]}" if block.name not in ("project", "campus") else block.heading
        )
        for row in rows[0 if block.name in ("project", "campus") else 1 :]:
            document.add_paragraph(row)
    return _saved(document)


# --- PDF ---


class _Pen:
    """Writes lines downwards in a column of a page; starts another page at the foot."""

    def __init__(self, font: str = "STSong-Light", encoding: str = "UniGB-UCS2-H") -> None:
        try:
            from reportlab.pdfbase import cidfonts, pdfmetrics
            from reportlab.pdfgen.canvas import Canvas
        except ImportError:
            cure = "Install gradmatch with its extra `dev`."
            raise FileError("reportlab is not installed", where="generated résumés", cure=cure) from None
        self.font = font if encoding == "UniGB-UCS2-H" else f"{font}-{encoding}"
        made = cidfonts.UnicodeCIDFont(font) if encoding == "UniGB-UCS2-H" else cidfonts.CIDFont(font, encoding)
        pdfmetrics.registerFont(made)
        self.coded = encoding != "UniGB-UCS2-H"
        self.width_of = pdfmetrics.stringWidth
        self.out = io.BytesIO()
        self.canvas = Canvas(self.out, invariant=1)
        self.left, self.width, self.y = 50.0, 495.0, 790.0

    def column(self, left: float, width: float, y: float) -> None:
        """Go to the head of a column."""
        self.left, self.width, self.y = left, width, y

    def line(self, text: str, *, size: float = 10.5, indent: float = 0.0, lead: float = 1.6) -> None:
        """Write text, broken at the column's width."""
        for part in self._broken(text, size, self.width - indent):
            if self.y < 50:
                self.canvas.showPage()
                self.y = 790.0
            self.at(self.left + indent, self.y, part, size=size)
            self.y -= size * lead

    def at(self, x: float, y: float, text: str, *, size: float = 10.5) -> None:
        """Write text at a place."""
        self.canvas.setFont(self.font, size)
        self.canvas.drawString(x, y, text.encode("gbk", "replace").decode("latin-1") if self.coded else text)

    def cells(self, row: Iterable[str], stops: Iterable[float], *, size: float = 10.5) -> None:
        """Write the cells of a row at their stops."""
        free = 0.0
        for text, stop in zip(row, stops, strict=False):
            wide = self.width_of(text, self.font, size) if not self.coded else size * len(text)
            if max(stop, free) + wide > self.width and free:
                self.y -= size * 1.6
                stop = free = 0.0
            self.at(self.left + max(stop, free), self.y, text, size=size)
            free = max(stop, free) + wide + 12
        self.y -= size * 1.6

    def _broken(self, text: str, size: float, width: float) -> Iterator[str]:
        held = ""
        for word in re.findall(r"[A-Za-z0-9+#./@-]+ ?|.", text):
            if self.width_of(held + word, self.font, size) > width:
                yield held
                held = ""
            held += word
        yield held

    def done(self) -> bytes:
        """The file."""
        self.canvas.save()
        return self.out.getvalue()


def _written(
    pen: _Pen, own: list[Block], *, stops: tuple[float, ...] = (0, 130, 320, 430), heading: str = "{}"
) -> None:
    for block in own:
        pen.y -= 6
        pen.line(heading.format(block.heading), size=13)
        for row in block.rows:
            if len(row) > 1:
                pen.cells(row, stops)
            else:
                pen.line(row[0])


def _top(pen: _Pen, person: Person) -> None:
    pen.line(person.name, size=20)
    pen.line(" | ".join(_head(person)[:4]))
    pen.line(" | ".join(_head(person)[4:]))


def pdf_plain(person: Person, author: random.Random) -> bytes:
    """PDF: one column, dates at the left."""
    pen = _Pen()
    _top(pen, person)
    _written(pen, blocks(person, Style(author, headings=author.randint(0, 2))))
    return pen.done()


def pdf_gb(person: Person, author: random.Random) -> bytes:
    """PDF: letters coded in GBK rather than Unicode, dates at the right."""
    pen = _Pen(encoding="GBK-EUC-H")
    _top(pen, person)
    _written(
        pen,
        blocks(person, Style(author, headings=1, date_first=False)),
        stops=(0, 200, 330, 390) if not person.english else (0, 230, 380),
        heading="■ {}",
    )
    return pen.done()


def pdf_spaced(person: Person, author: random.Random) -> bytes:
    """PDF: headings in both languages with their letters apart, over two pages."""
    pen = _Pen()
    _top(pen, person)
    own = blocks(person, Style(author, headings=0))
    for i, block in enumerate(own):
        if i == 3:
            pen.canvas.showPage()
            pen.y = 790.0
        spaced = block._replace(heading=f"{' '.join(block.heading)}  {_ENGLISH[block.name]}")
        _written(pen, [spaced])
    return pen.done()


def _sidebar(person: Person, author: random.Random, *, right: bool) -> bytes:
    pen = _Pen()
    own = blocks(person, Style(author, headings=author.randint(0, 2), date_first=not right))
    narrow = [block for block in own if block.name in ("skills", "certificates", "wishes")]
    wide = [block for block in own if block not in narrow]
    pen.column(370 if right else 40, 170, 790)
    pen.line(person.name, size=18)
    for line in _head(person):
        pen.line(line, size=9.5)
    _written(pen, narrow)
    pen.column(40 if right else 230, 310 if right else 330, 788)
    _written(pen, wide, stops=(0, 120, 230, 290) if not person.english else (0, 110, 230))
    return pen.done()


def pdf_sidebar_left(person: Person, author: random.Random) -> bytes:
    """PDF: two columns, the narrow one at the left."""
    return _sidebar(person, author, right=False)


def pdf_sidebar_right(person: Person, author: random.Random) -> bytes:
    """PDF: two columns, the narrow one at the right."""
    return _sidebar(person, author, right=True)


def pdf_margin(person: Person, author: random.Random) -> bytes:
    """PDF: headings in a column of their own, left of what they head."""
    pen = _Pen()
    _top(pen, person)
    for block in blocks(person, Style(author, headings=2)):
        pen.y -= 8
        pen.column(50, 495, pen.y)
        pen.at(50, pen.y, block.heading, size=12)
        pen.column(150, 395, pen.y)
        for row in block.rows:
            if len(row) > 1:
                pen.cells(row, (0, 125, 255, 330))
            else:
                pen.line(row[0])
    return pen.done()


def pdf_grid(person: Person, author: random.Random) -> bytes:
    """PDF: a table with lines, labels and values in its cells."""
    pen = _Pen()
    pen.line("个人简历", size=18)
    pairs = [*basics(person), ("毕业院校", person.school), ("专业", person.major), ("学历", person.degree)]
    for i in range(0, len(pairs), 2):
        pen.canvas.line(50, pen.y + 12, 545, pen.y + 12)
        pen.cells([part for pair in pairs[i : i + 2] for part in pair], (4, 90, 260, 340))
    _written(pen, blocks(person, Style(author, headings=1)), heading="【{}】")
    return pen.done()


# --- forms that were written after the reader, and read once before anything was mended ---


def word_stacked(person: Person, author: random.Random) -> bytes:
    """Word: every cell on a line of its own, employer, post, then dates."""
    document = docx.Document()
    section = document.sections[0]
    section.header.paragraphs[0].text = person.name
    for line in _head(person):
        document.add_paragraph(line)
    for block in blocks(person, Style(author, headings=1, date_first=False, bullet="- ")):
        document.add_heading(f"{block.heading}", 2)
        for row in block.rows:
            for cell in row:
                document.add_paragraph(cell)
    return _saved(document)


def text_labels(person: Person, author: random.Random) -> bytes:
    """Plain text: everything behind a label."""
    style = Style(author)
    since, until = f"{person.since[0]}年{person.since[1]}月", f"{person.until[0]}年{person.until[1]}月"
    lines = [
        "求职简历",
        *(f"{a}：{b}" for a, b in basics(person)),
        "",
        "一、求职意向",
        *(row[0] for row in _wishes(person)),
        "",
        "二、教育经历",
    ]
    lines += [f"学校：{person.school}", f"专业：{person.major}", f"学历：{person.degree}", f"时间：{since}-{until}", ""]
    for number, (kind, head) in enumerate(
        (("internship", "实习经历"), ("project", "项目经历"), ("campus", "在校经历")), 3
    ):
        own = [told for told in person.told if told.kind == kind]
        lines += [f"{'一二三四五'[number - 1]}、{head}"] * bool(own)
        for told in own:
            lines += (
                [f"公司名称：{told.organisation}", f"职位：{told.title}"]
                if told.organisation
                else [f"项目名称：{told.title}"]
            )
            lines += [f"时间：{period(told.since, told.until, style, english=False)}", f"工作内容：{told.lines[0]}", ""]
    lines += [
        "六、技能证书",
        f"专业技能：{'，'.join(person.skills)}",
        f"证书：{'，'.join(person.certificates)}",
        "",
        "七、自我评价",
        person.summary,
    ]
    return "\n".join(lines).encode("utf-16")


def pdf_right_dates(person: Person, author: random.Random) -> bytes:
    """PDF: bold heads drawn twice, employer and post in one piece, dates flush right."""
    pen = _Pen()
    pen.at(250, pen.y, person.name, size=22)
    pen.y -= 34
    for label in ("  ".join(_head(person)[:5]), "  ".join(_head(person)[5:])):
        pen.line(label, size=9)
    for block in blocks(person, Style(author, headings=2, date_first=False)):
        pen.y -= 6
        pen.at(50.4, pen.y, block.heading, size=12)
        pen.line(block.heading, size=12)
        for row in block.rows:
            if len(row) > 1:
                pen.canvas.setFont(pen.font, 10.5)
                pen.canvas.drawRightString(545, pen.y, row[-1])
                pen.line((" | " if author.random() < 0.5 else "，").join(row[:-1]))
            else:
                pen.line(row[0])
    return pen.done()


def word_nested(person: Person, author: random.Random) -> bytes:
    """Word: a table within a table, headings in cells left of what they head."""
    document = docx.Document()
    document.add_paragraph(f"{person.name} 个人简历")
    outer = document.add_table(rows=0, cols=2)
    first = outer.add_row().cells
    first[0].text = "基本信息"
    _grid(first[1], [[f"{a}：{b}" for a, b in basics(person)[i : i + 3]] for i in range(0, 9, 3)])
    for block in blocks(person, Style(author, headings=0)):
        cells = outer.add_row().cells
        cells[0].text = block.heading
        _grid(cells[1], [list(row) for row in block.rows])
    return _saved(document)


class Form(NamedTuple):
    """A form: how it is written, whether it may be English, and whether it was held out."""

    name: str
    write: Callable[[Person, random.Random], bytes]
    english: bool = False
    held: bool = False


FORMS: tuple[Form, ...] = (
    Form("text, blanks, GB18030", text_spaces),
    Form("text, bars", text_bars),
    Form("text, English", text_spaces, english=True),
    Form("Word, headings and tabs", word_plain),
    Form("Word, English", word_plain, english=True),
    Form("Word, tables", word_tables),
    Form("Word, two columns by a table", word_layout),
    Form("PDF, one column", pdf_plain),
    Form("PDF, English", pdf_plain, english=True),
    Form("PDF, letters in GBK", pdf_gb),
    Form("PDF, spaced headings, two pages", pdf_spaced),
    Form("PDF, narrow column left", pdf_sidebar_left),
    Form("text, dashes", text_dashes),
    Form("Word, school's form", word_form),
    Form("Word, text boxes", word_boxes),
    Form("Word, labels in line", word_inline),
    Form("PDF, narrow column right", pdf_sidebar_right),
    Form("PDF, English, narrow column left", pdf_sidebar_left, english=True),
    Form("PDF, headings in the margin", pdf_margin),
    Form("PDF, table with lines", pdf_grid),
    Form("PDF, English, letters in GBK", pdf_gb, english=True),
    Form("Word, one thing a line", word_stacked, held=True),
    Form("Word, one thing a line, English", word_stacked, english=True, held=True),
    Form("text, labels, UTF-16", text_labels, held=True),
    Form("PDF, dates at the right", pdf_right_dates, held=True),
    Form("PDF, dates at the right, English", pdf_right_dates, english=True, held=True),
    Form("Word, table within a table", word_nested, held=True),
)
"""Every form, those for development first."""
