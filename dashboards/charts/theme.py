"""Colours and font of charts. A drawing names tokens; the page puts in those of its theme.

So one cached drawing serves light, dark and every brand: the token is a colour that nobody would
choose, and the browser replaces it by the value of the CSS custom property of the same name.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as Bokeh takes them; ``palette`` by order of use, ``sequential`` low to high."""

    text: str
    muted: str
    border: str
    border_strong: str
    surface: str
    band: str
    accent: str
    on_cat_1: str
    good: str
    warn: str
    bad: str
    palette: tuple[str, ...]
    sequential: tuple[str, ...]
    diverging: tuple[str, ...]
    font: str = "-apple-system, Segoe UI, Roboto, Helvetica Neue, Arial, system-ui, sans-serif"


SINGLE = ("text", "muted", "border", "border_strong", "surface", "band", "accent", "on_cat_1",
          "good", "warn", "bad")  # fmt: skip
CSS_NAMES = (
    [name.replace("_", "-") for name in SINGLE]
    + [f"cat-{number}" for number in range(1, 11)]
    + [f"seq-{number}" for number in range(7)]
    + [f"div-{number}" for number in range(7)]
)
#: Stands for the font of the page, which only the browser knows.
FONT_TOKEN = "portal-font-fab0"  # noqa: S105
#: Token colour -> name of the CSS custom property.
TOKENS = {f"#fab0{number:02x}": name for number, name in enumerate(CSS_NAMES)}


def _of(colours: list[str]) -> Theme:
    single = dict(zip(SINGLE, colours, strict=False))
    rest = colours[len(SINGLE) :]
    return Theme(
        **single,
        palette=tuple(rest[:10]),
        sequential=tuple(rest[10:17]),
        diverging=tuple(rest[17:24]),
    )


TOKEN_THEME = replace(_of(list(TOKENS)), font=FONT_TOKEN)
LIGHT = _of(
    [
        "#101828", "#5b6472", "#e4e7ec", "#8a93a2", "#ffffff", "#eef0f3", "#3b5bdb",
        "#ffffff", "#12805c", "#b54708", "#b42318", "#3b5bdb", "#df6c08", "#319e7b",
        "#63012e", "#024670", "#9078ff", "#3c4800", "#a74246", "#666571", "#a681a6",
        "#f0f4fe", "#d4dffb", "#b5c8f7", "#95aef2", "#7694eb", "#587ae4", "#3b5bdb",
        "#3b5bdb", "#718fe6", "#abbeed", "#e9ebef", "#dbbaaa", "#ca8a66", "#b4560a",
    ]
)  # fmt: skip


def painted(value: Any, theme: Theme) -> Any:
    """``value``, JSON of a `State`, with the theme's colours and font in place of the tokens."""
    known = dict(zip(TOKENS, _colours(theme), strict=True)) | {FONT_TOKEN: theme.font}
    return _replaced(value, known)


def _colours(theme: Theme) -> list[str]:
    single = [getattr(theme, name) for name in SINGLE]
    return [*single, *theme.palette, *theme.sequential, *theme.diverging]


def _replaced(value: Any, colours: dict[str, str]) -> Any:
    match value:
        case str():
            if value.endswith(f" {FONT_TOKEN}"):  # with a size before it
                return value.removesuffix(FONT_TOKEN) + colours[FONT_TOKEN]
            return colours.get(value, value)
        case list():
            return [_replaced(item, colours) for item in value]
        case dict():
            return {key: _replaced(item, colours) for key, item in value.items()}
    return value


assert {field.name for field in fields(Theme)} >= set(SINGLE)
