"""schema.org/JobPosting as flat columns, whichever of its many shapes it is written in.

Columns: identifier, title, description, datePosted, validThrough, employmentType, industry,
hiringOrganization, region, place, minPay, maxPay, payUnit, education, experience, years,
skills, qualifications, benefits, openings. A property that is missing gives no column.
Source: https://schema.org/JobPosting (version 29) and Google's structured data guide for job postings.
"""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

_BLOCKS = frozenset("p br li ul ol div tr h1 h2 h3 h4 h5 h6".split())


def job_postings(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Every JobPosting inside a JSON-LD value: alone, in lists, ``@graph`` and ``itemListElement``."""
    if isinstance(value, list):
        return [found for item in value for found in job_postings(item)]
    if not isinstance(value, dict):
        return []
    if is_job_posting(value):
        return [value]
    inner = [value[key] for key in ("@graph", "itemListElement", "item", "mainEntity") if key in value]
    return [found for item in inner for found in job_postings(item)]


def is_job_posting(value: dict[str, Any]) -> bool:
    """Whether an object says that it is a JobPosting."""
    kinds = _listed(value.get("@type"))
    return any(isinstance(kind, str) and kind.rsplit("/", 1)[-1].rsplit(":", 1)[-1] == "JobPosting" for kind in kinds)


def flat_job_posting(item: dict[str, Any]) -> dict[str, Any]:
    """The flat columns of one JobPosting; texts that are HTML become plain text."""
    flat: dict[str, Any] = {
        "identifier": _text(item.get("identifier"), "value", "@id") or _text(item.get("@id")) or _text(item.get("url")),
        "title": _text(item.get("title")) or _text(item.get("name")),
        "description": plain_text(_text(item.get("description"))),
        "qualifications": plain_text(
            "\n".join(_texts(item.get("qualifications")) + _texts(item.get("responsibilities")))
        ),
        "datePosted": _text(item.get("datePosted")),
        "validThrough": _text(item.get("validThrough")),
        "employmentType": " ".join(_texts(item.get("employmentType"))),
        "industry": "、".join(_texts(item.get("industry"))),
        "hiringOrganization": _text(item.get("hiringOrganization"), "name", "legalName"),
        "education": _text(item.get("educationRequirements"), "credentialCategory", "name"),
        "skills": _list(item.get("skills")),
        "benefits": _list(item.get("jobBenefits")),
        "openings": _text(item.get("totalJobOpenings")),
    }
    flat |= _experience(item.get("experienceRequirements")) | _places(item.get("jobLocation"))
    flat |= _pay(_first(item.get("baseSalary")) or _first(item.get("estimatedSalary")))
    return {column: value for column, value in flat.items() if value not in (None, "", [])}


def plain_text(text: str) -> str:
    """`text` without its HTML tags; blocks become lines. Text without tags is unchanged."""
    if "<" not in text and "&" not in text:
        return text
    reader = _PlainText()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in "".join(reader.parts).splitlines())
    return "\n".join(line for line in lines if line)


def _experience(value: Any) -> dict[str, Any]:  # noqa: ANN401
    first = _first(value)
    if isinstance(first, dict):
        months = first.get("monthsOfExperience")
        years = round(months / 12, 2) if isinstance(months, (int, float)) else None
        return {"years": years, "experience": _text(first.get("description"))}
    return {"experience": _text(first)}


def _places(value: Any) -> dict[str, Any]:  # noqa: ANN401
    regions: list[str] = []
    places: list[str] = []
    for place in _listed(value):
        address = _first(place.get("address")) if isinstance(place, dict) else place
        if isinstance(address, dict):
            parts = [_text(address.get(part), "name") for part in ("addressRegion", "addressLocality")]
            regions.append("".join(dict.fromkeys(part for part in parts if part)))
            places.append("".join([*dict.fromkeys(parts), _text(address.get("streetAddress"))]))
        elif isinstance(address, str):
            regions.append(address)
            places.append(address)
    return {"region": [region for region in regions if region], "place": "；".join(places)}


def _pay(value: Any) -> dict[str, Any]:  # noqa: ANN401
    if not isinstance(value, dict):
        return {"minPay": value, "maxPay": value} if value is not None else {}
    amount = _first(value.get("value"))
    inner = amount if isinstance(amount, dict) else {"value": amount}
    exact = inner.get("value")
    return {
        "minPay": inner.get("minValue", value.get("minValue", exact)),
        "maxPay": inner.get("maxValue", value.get("maxValue", exact)),
        "payUnit": _unit(_text(inner.get("unitText") or value.get("unitText")), _text(value.get("currency"))),
    }


def _unit(unit: str, currency: str) -> str | None:
    """The unit of time; with the currency where it is not yuan, so that foreign figures are never taken for yuan."""
    foreign = currency.upper() not in {"", "CNY", "RMB"}
    return f"{unit} {currency}".upper().strip() if foreign else unit.upper() or None


def _text(value: Any, *keys: str) -> str:  # noqa: ANN401
    first = _first(value)
    if isinstance(first, dict):
        return next((found for key in (*keys, "@value", "name") if (found := _text(first.get(key)))), "")
    if isinstance(first, float) and first.is_integer():
        return str(int(first))
    return "" if first is None or isinstance(first, bool) else str(first).strip()


def _texts(value: Any) -> list[str]:  # noqa: ANN401
    return [text for item in _listed(value) if (text := _text(item, "name", "value"))]


def _list(value: Any) -> str | list[str]:  # noqa: ANN401
    """One text as it is, for whoever cuts it at its commas; else the texts of the list."""
    return value if isinstance(value, str) else _texts(value)


def _listed(value: Any) -> list[Any]:  # noqa: ANN401
    return value if isinstance(value, list) else [] if value is None else [value]


def _first(value: Any) -> Any:  # noqa: ANN401
    return next(iter(_listed(value)), None)


class _PlainText(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent = tag in {"script", "style"}
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent = False
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(data)
