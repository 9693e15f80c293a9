"""Draws the ratios as horizontal bars with their quartiles, in plain SVG."""

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from bench.pairs import Spread
from bench.report import HTTP_AIM, SQL_AIM, Results

WIDTH, LEFT, RIGHT, BAR, GAP = 860, 190, 70, 11, 12
DARK, LIGHT, AIM, INK, FAINT = "#2f6690", "#a9c6dd", "#c1440e", "#24292f", "#d0d7de"
STYLE = f'font-family="system-ui, -apple-system, Segoe UI, DejaVu Sans, sans-serif" font-size="12" fill="{INK}"'

DASHED = 'stroke-dasharray="4 3"'
HALO = 'font-size="11" stroke="#ffffff" stroke-width="3" paint-order="stroke"'


class Bar(NamedTuple):
    """One ratio."""

    ratio: Spread
    color: str


class Panel(NamedTuple):
    """Rows of bars on one axis, with a name for each color."""

    title: str
    legend: Sequence[tuple[str, str]]
    aim: float
    rows: Sequence[tuple[str, Sequence[Bar]]]
    digits: int = 2


def draw(results: Results) -> str:
    """The whole picture."""
    panels = [
        Panel(
            "SQL: policies against a hand-written WHERE (server CPU)",
            [(DARK, "transaction of a request"), (LIGHT, "statement alone")],
            SQL_AIM,
            [
                (f"{each.case.table} · {each.case.operation}", [Bar(each.transaction, DARK), Bar(each.statement, LIGHT)])
                for each in results.sql
            ],
        ),
        Panel(
            "HTTP: a request against constant answer + bare psycopg (API CPU)",
            [(DARK, "whole request")],
            HTTP_AIM,
            [(f"notes · {each.operation}", [Bar(each.ratio, DARK)]) for each in results.http],
        ),
    ]
    return picture(panels)


def picture(panels: Sequence[Panel]) -> str:
    """Panels below each other."""
    parts: list[str] = []
    top = 16
    for panel in panels:
        if panel.rows:
            drawn, top = _panel(panel, top)
            parts += drawn
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" viewBox="0 0 {WIDTH} {top}" {STYLE}>',
        f'<rect width="{WIDTH}" height="{top}" fill="#ffffff"/>',
        *parts,
        "</svg>\n",
    ])  # fmt: skip


def _panel(panel: Panel, top: int) -> tuple[list[str], int]:
    highest = max(panel.aim, *(bar.ratio.high for _, bars in panel.rows for bar in bars))
    step = next(step for step in (0.25, 0.5, 1, 2, 5, 10, 20, 50) if highest <= 8 * step or step == 50)
    end = ceil(highest / step) * step
    first = top + 66
    bottom = first + sum(len(bars) * BAR + GAP for _, bars in panel.rows)

    def x(ratio: float) -> float:
        return round(LEFT + ratio / end * (WIDTH - LEFT - RIGHT), 1)

    parts = _heading(panel, top)
    for tick in range(int(end / step) + 1):
        at = x(tick * step)
        parts.append(_line(at, at, first - 6, bottom, INK if tick * step == 1 else FAINT))
        parts.append(f'<text x="{at}" y="{first - 11}" text-anchor="middle" font-size="11">{tick * step:g}</text>')
    row, values = first + GAP // 2, []
    for label, bars in panel.rows:
        middle = row + len(bars) * BAR / 2
        parts.append(f'<text x="{LEFT - 12}" y="{middle + 4}" text-anchor="end">{label}</text>')
        for bar in bars:
            low, value, high = map(x, bar.ratio)
            y = row + (BAR - 1) / 2
            parts.append(f'<rect x="{LEFT}" y="{row}" width="{value - LEFT:.1f}" height="{BAR - 1}" fill="{bar.color}"/>')
            parts.append(f'<path d="M{low} {y}H{high}M{low} {y - 3}v6M{high} {y - 3}v6" stroke="{INK}" fill="none"/>')
            values.append(f'<text x="{high + 6}" y="{y + 4}" {HALO}>{bar.ratio.middle:.{panel.digits}f}</text>')
            row += BAR
        row += GAP
    # Numbers come last, so that no line runs through them.
    return [*parts, _line(x(panel.aim), x(panel.aim), first - 6, bottom, AIM, DASHED), *values], bottom + 28


def _heading(panel: Panel, top: int) -> list[str]:
    parts = [f'<text x="{LEFT}" y="{top + 12}" font-size="14" font-weight="600">{panel.title}</text>']
    place = LEFT
    for color, name in panel.legend:
        parts.append(f'<rect x="{place}" y="{top + 24}" width="11" height="11" rx="2" fill="{color}"/>')
        parts.append(f'<text x="{place + 16}" y="{top + 34}">{name}</text>')
        place += 32 + 7 * len(name)
    parts.append(_line(place, place + 16, top + 30, top + 30, AIM, DASHED))
    parts.append(f'<text x="{place + 22}" y="{top + 34}">aim: {panel.aim}</text>')
    return parts


def _line(left: float, right: float, top: float, bottom: float, *look: str) -> str:
    color, *more = look
    return f'<line x1="{left}" x2="{right}" y1="{top}" y2="{bottom}" stroke="{color}" {" ".join(more)}/>'
