"""A report as one HTML file: no script, no request, everything that somebody typed escaped.

The picture is SVG drawn here. A strict policy in the file itself forbids whatever an escape could
have missed. The recipient stands across each page, on the screen and on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from receiver.language import phrase, translated
from receiver.report.drawing import SIZE, Shape, legend, shapes
from receiver.report.sections import Report, Row, Section
from receiver.report.told import Chart
from receiver.wording import SIMULATION

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
LONGEST_WATERMARK = 80


def page(report: Report) -> bytes:
    """Return the HTML file."""
    body = [_head(report), *(_section(section) for section in report.sections), _foot(report)]
    text = _PAGE.format(
        policy=POLICY,
        title=escape(report.title),
        style=_STYLE,
        watermark=escape(_watermark(report)),
        body="\n".join(body),
    )
    return text.encode("utf-8", errors="replace")


def _watermark(report: Report) -> str:
    return phrase("for {recipient}", recipient=report.recipient[:LONGEST_WATERMARK])


def _head(report: Report) -> str:
    lines = [f"<h1>{escape(report.title)}</h1>"]
    if report.simulation:
        lines.insert(0, f'<p class="simulation">{escape(translated(SIMULATION))}</p>')
    who = phrase("for {recipient}", recipient=report.recipient)
    lines.append(f'<p class="mark">{escape(who)} &middot; {escape(report.mark)}</p>')
    return f"<header>{''.join(lines)}</header>"


def _foot(report: Report) -> str:
    return f"<footer>{escape(report.footer)}</footer>" if report.footer else ""


def _section(section: Section) -> str:
    parts = [f"<h2>{escape(section.title)}</h2>"]
    parts += [f"<p>{escape(sentence)}</p>" for sentence in section.sentences]
    if section.chart is not None:
        parts.append(picture(section.chart))
    if section.table:
        parts.append(_table(section.table))
    return f"<section>{''.join(parts)}</section>"


def _table(rows: Sequence[Row]) -> str:
    """Write a table; one of two columns has no head, its names stand at the left."""
    if len(rows[0]) == 2:
        lines = (f"<tr><th>{escape(key)}</th><td>{escape(said)}</td></tr>" for key, said in rows)
        return f'<table class="names">{"".join(lines)}</table>'
    head = "".join(f"<th>{escape(name)}</th>" for name in rows[0])
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows[1:])
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide">{table}</div>'


def picture(chart: Chart) -> str:
    """Return the map as SVG with its legend below."""
    drawn = "".join(_svg(shape) for shape in shapes(chart))
    title = escape(phrase("Map"))
    keys = "".join(
        f'<li><svg viewBox="0 0 24 16" aria-hidden="true">{_sample(look)}</svg>{escape(words)}</li>'
        for look, words in legend(chart)
    )
    return (
        f'<figure><svg class="map" viewBox="0 0 {SIZE:g} {SIZE:g}" role="img" aria-label="{title}">'
        f"{_HATCH}<rect class='paper' width='{SIZE:g}' height='{SIZE:g}'/>{drawn}</svg>"
        f'<ul class="legend">{keys}</ul></figure>'
    )


def _svg(shape: Shape) -> str:
    x, y = shape.points[0]
    match shape.kind:
        case "dot":
            radius = 9 if shape.look.endswith("big") else 4
            return f'<circle class="{shape.look}" cx="{x:g}" cy="{y:g}" r="{radius}"/>'
        case "text":
            return f'<text class="{shape.look}" x="{x:g}" y="{y:g}">{escape(shape.text)}</text>'
        case "cross":
            return f'<path class="{shape.look}" d="M{x - 9:g} {y - 9:g}l18 18m0 -18l-18 18"/>'
        case _:
            tag = "polygon" if shape.kind == "polygon" else "polyline"
            return f'<{tag} class="{shape.look}" points="{_points(shape.points)}"/>'


def _points(points: Iterable[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _sample(look: str) -> str:
    """Draw what a look of the legend looks like."""
    if look in ("heard", "silent", "seen"):
        return _svg(Shape("dot", look, ((12.0, 8.0),)))
    if look == "best":
        return '<path class="best" d="M6 2l12 12m0 -12l-12 12"/>'
    if look == "ray":
        return _svg(Shape("line", look, ((1.0, 8.0), (23.0, 8.0))))
    return f'<rect class="{look}" x="1" y="1" width="22" height="14"/>'


_HATCH = (
    '<defs><pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse"'
    ' patternTransform="rotate(45)"><rect width="9" height="9" fill="#fbd9a5"/>'
    '<line x1="0" y1="0" x2="0" y2="9" stroke="#b7670c" stroke-width="2.4"/></pattern></defs>'
)

_PAGE = """<!DOCTYPE html>
<html><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
<title>{title}</title><style>{style}</style></head><body>
<div class="watermark" aria-hidden="true">{watermark}</div>
<main>
{body}
</main></body></html>
"""

_STYLE = """
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#f3f1ec;color:#1c1b19;font:16px/1.5 system-ui,"Noto Sans",sans-serif}
main{position:relative;max-width:820px;margin:0 auto;padding:28px 32px 40px;background:#fff}
h1{font-size:28px;line-height:1.2;margin:0 0 4px}
h2{font-size:19px;margin:30px 0 8px;padding-top:10px;border-top:2px solid #1c1b19}
p{margin:6px 0;max-width:68ch;overflow-wrap:anywhere}
.mark{color:#5a564e;font-weight:600}
.simulation{background:#c53030;color:#fff;font-weight:700;padding:6px 12px;max-width:none}
.watermark{position:fixed;inset:0;z-index:2;display:flex;align-items:center;justify-content:center;
 transform:rotate(-32deg);font-size:min(54px,7vw);font-weight:700;color:#1c1b19;opacity:.07;
 pointer-events:none;text-align:center;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%;margin:10px 0;font-size:14px}
th,td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;border-bottom:1px solid #d8d4cb;
 overflow-wrap:break-word}
td{max-width:46ch}
td{font-variant-numeric:tabular-nums}
thead th{border-bottom:2px solid #8b867b;color:#5a564e}
.names th{width:42%;font-weight:600;color:#5a564e}
.wide{overflow-x:auto}
figure{margin:14px 0}
.map{display:block;width:100%;max-width:560px;border:1px solid #8b867b}
.paper{fill:#f8f7f3}
.cell{fill:#fff;stroke:#8b867b;stroke-width:1.5}
.in_area{fill:url(#hatch);stroke:#8a4b06;stroke-width:2.5}
.area{fill:#f6ad55;fill-opacity:.35;stroke:#8a4b06;stroke-width:1.6}
.half{fill:#dd6b20;fill-opacity:.4;stroke:#1c1b19;stroke-width:2}
.heard{fill:#1a6b4a;stroke:#fff;stroke-width:1.2}
.silent{fill:#fff;stroke:#444;stroke-width:1.8}
.seen{fill:#b83280;stroke:#fff;stroke-width:1.2}
.wedge{fill:#2b6cb0;fill-opacity:.13}
.ray{fill:none;stroke:#2b6cb0;stroke-width:1.4}
.best{fill:none;stroke:#c53030;stroke-width:4}
.scale{fill:none;stroke:#1c1b19;stroke-width:5}
.north{fill:#1c1b19}
.small{font-size:13px;fill:#1c1b19;paint-order:stroke;stroke:#fff;stroke-width:4px}
.label{font-size:15px;font-weight:600;fill:#1c1b19;paint-order:stroke;stroke:#fff;stroke-width:3px}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 20px;margin:8px 0 0;padding:0;
 font-size:14px}
.legend svg{width:24px;height:16px;margin-right:7px;vertical-align:-2px}
footer{margin-top:34px;padding-top:8px;border-top:1px solid #8b867b;font-size:13px;color:#5a564e}
@media(max-width:600px){main{padding:18px 16px}h1{font-size:23px}}
@media print{
 @page{size:A4;margin:16mm 15mm}
 *{-webkit-print-color-adjust:exact;print-color-adjust:exact}
 body{background:#fff;font-size:11pt}main{padding:0;max-width:none}
 h2,thead,p:has(+.wide){break-after:avoid}figure,tr,p{break-inside:avoid}.map{max-width:96mm}
 h2{margin-top:18px}.wide{overflow:visible}table{font-size:9.5pt}thead{display:table-header-group}
}
"""
