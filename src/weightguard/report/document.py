"""A document for people, written once and rendered as Markdown and as HTML.

Every text in it may be hostile: the renderers escape each by their own language's rules. Nothing in a document is mark-up.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from weightguard.report.text import code, prose, utf8, visible


@dataclass(frozen=True, slots=True)
class Code:
    """A name as a machine writes it."""

    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    """Words that must not be missed."""

    text: str


Span = str | Code | Strong
Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the title; `level` 2 or 3."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Some sentences."""

    line: Line


@dataclass(frozen=True, slots=True)
class Items:
    """A list; `numbered` where the order matters."""

    lines: tuple[Line, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]


Block = Heading | Paragraph | Items | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A title and what stands below it."""

    title: str
    blocks: tuple[Block, ...]


def paragraph(*spans: Span) -> Paragraph:
    """A paragraph of spans."""
    return Paragraph(spans)


def table(columns: Sequence[str], rows: Iterable[Sequence[Span | Line]]) -> Table:
    """A table whose cells are spans or lines of them."""
    made = tuple(tuple(cell if isinstance(cell, tuple) else (cell,) for cell in row) for row in rows)
    return Table(tuple(columns), made)


def to_markdown(document: Document, limit: int) -> bytes:
    """GitHub Flavored Markdown, UTF-8.

    Args:
        limit: characters that a text may have before it is cut, saying so.
    """
    lines = [f"# {prose(document.title, limit)}"]
    for block in document.blocks:
        lines += ["", *_markdown(block, limit)]
    return utf8("\n".join(lines) + "\n")


def _markdown(block: Block, limit: int) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * block.level} {prose(block.text, limit)}"
    elif isinstance(block, Paragraph):
        yield _markdown_line(block.line, limit)
    elif isinstance(block, Items):
        for number, line in enumerate(block.lines, 1):
            yield f"{f'{number}.' if block.numbered else '-'} {_markdown_line(line, limit)}"
    else:
        yield f"| {' | '.join(prose(name, limit) for name in block.columns)} |"
        yield "|" + "---|" * len(block.columns)
        for row in block.rows:
            yield f"| {' | '.join(_markdown_line(cell, limit) for cell in row)} |"


def _markdown_line(line: Line, limit: int) -> str:
    """The spans side by side; where two fences of backticks would touch and become one, a space parts them."""
    written = ""
    for span in line:
        piece = _markdown_span(span, limit)
        written += f" {piece}" if written.endswith("`") and piece.startswith("`") else piece
    return written


def _markdown_span(span: Span, limit: int) -> str:
    if isinstance(span, Code):
        return code(span.text, limit)
    if isinstance(span, Strong):
        return f"**{prose(span.text.strip(), limit)}**"
    return prose(span, limit)


_STYLE = """
:root{color-scheme:light dark;--ink:#1a1f27;--dim:#535d6b;--rule:#d5dae1;--page:#fff;--tint:#f3f5f8;--mark:#8a1c1c}
@media (prefers-color-scheme:dark){:root{--ink:#e7ebf0;--dim:#a7b1bf;--rule:#3a434f;--page:#14181d;--tint:#1d232a;--mark:#ff9d94}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:54rem;margin:0 auto;padding:2rem 1.25rem 3rem}
h1{font-size:1.55rem;line-height:1.25;margin:0 0 .75rem;text-wrap:balance}
h2{font-size:1.05rem;margin:1.4rem 0 .4rem;border-bottom:1px solid var(--rule);padding-bottom:.2rem}
h3{font-size:.95rem;margin:1.1rem 0 .3rem}
p{margin:.45rem 0;overflow-wrap:anywhere}
ul,ol{margin:.4rem 0;padding-left:1.4rem}
li{margin:.15rem 0;overflow-wrap:anywhere}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.88em;font-variant-numeric:tabular-nums}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--rule);overflow-wrap:anywhere}
th{color:var(--dim);font-weight:600}
strong{color:var(--mark)}
code{font:.9em ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace;
background:var(--tint);padding:.05em .3em;border-radius:.2em}
@page{size:A4;margin:13mm 14mm}
@media print{:root{color-scheme:light;--ink:#111;--dim:#444;--rule:#bbb;--page:#fff;--tint:#f2f2f2;--mark:#7a1010}
body{font-size:9.2pt;line-height:1.3}main{max-width:none;padding:0}h1{font-size:14pt;margin:0 0 .4rem}h2{margin:.7rem 0 .2rem}
p{margin:.3rem 0}th,td{padding:.14rem .5rem .14rem 0}li{margin:.05rem 0}
h2,h3{break-after:avoid}tr,li{break-inside:avoid}.scroll{overflow:visible}}
"""


def to_html(document: Document, limit: int) -> bytes:
    """One page that opens offline: no script, nothing fetched, everything escaped; UTF-8.

    Args:
        limit: characters that a text may have before it is cut, saying so.
    """
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    title = _escaped(document.title, limit)
    body = "\n".join(_html(block, limit) for block in document.blocks)
    return utf8(
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _html(block: Block, limit: int) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{_escaped(block.text, limit)}</h{block.level}>"
    if isinstance(block, Paragraph):
        return f"<p>{_html_line(block.line, limit)}</p>"
    if isinstance(block, Items):
        tag = "ol" if block.numbered else "ul"
        return f"<{tag}>{''.join(f'<li>{_html_line(line, limit)}</li>' for line in block.lines)}</{tag}>"
    head = "".join(f'<th scope="col">{_escaped(name, limit)}</th>' for name in block.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{_html_line(cell, limit)}</td>' for cell in row)}</tr>" for row in block.rows
    )
    # A region that scrolls must be reachable by keyboard (WCAG 2.1.1).
    return (
        f'<div class="scroll" role="region" aria-label="{_escaped(block.columns[0], limit)}" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _html_line(line: Line, limit: int) -> str:
    return "".join(_html_span(span, limit) for span in line)


def _html_span(span: Span, limit: int) -> str:
    if isinstance(span, Code):
        return f"<code>{_escaped(span.text, limit)}</code>"
    if isinstance(span, Strong):
        return f"<strong>{_escaped(span.text, limit)}</strong>"
    return _escaped(span, limit)


def _escaped(text: str, limit: int) -> str:
    return escape(visible(text, limit), quote=True)
