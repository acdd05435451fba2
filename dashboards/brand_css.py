"""Core: what a theme makes of the colours of pages, as custom properties of CSS.

Only what a theme changes is written; all else stays as in the portal's own style sheet. A property
holds both schemes, light-dark(light, dark), so a theme with one accent keeps the usual other.

Charts have a first colour, which is the accent unless the theme names colours of charts: lines,
bars, ramps and all else of one colour follow it. Buttons, links and choices follow the accent."""

from __future__ import annotations

from typing import Any

from dashboards import brand, oklab
from dashboards.brand import SURFACES, WORDS, contrast, enough

SCHEMES = ("light", "dark")
#: Where the steps of a ramp stand between the surface and the accent.
RAMP = (0.07, 0.203, 0.35, 0.511, 0.67, 0.829, 1.0)
SOFT = {"light": 0.08, "dark": 0.16}  # how much accent a soft ground has
#: Tokens that follow the accent or the first colour of charts, as the portal's own has them:
#: (light, dark).
USUAL = {
    "accent": ("#3b5bdb", "#7c93f5"),
    "accent-text": ("#3451c7", "#9db0ff"),
    "accent-soft": ("#eef2ff", "#1d2540"),
    "on-accent": ("#ffffff", "#0e1116"),
    "on-cat-1": ("#ffffff", "#0e1116"),
    "seq-0": ("#f0f4fe", "#1c222e"),
    "seq-1": ("#d4dffb", "#283147"),
    "seq-2": ("#b5c8f7", "#364264"),
    "seq-3": ("#95aef2", "#475586"),
    "seq-4": ("#7694eb", "#5768a9"),
    "seq-5": ("#587ae4", "#697dcd"),
    "seq-6": ("#3b5bdb", "#7c93f5"),
    "div-0": ("#3b5bdb", "#7c93f5"),
    "div-1": ("#718fe6", "#5e70b2"),
    "div-2": ("#abbeed", "#435074"),
}
OF_PAGES = ("accent", "accent-text", "accent-soft", "on-accent")  # the others are of charts
#: Colours of charts in the order of use, which stand where a theme names none.
CATEGORIES = {
    "light": (
        "#3b5bdb",
        "#df6c08",
        "#319e7b",
        "#63012e",
        "#024670",
        "#9078ff",
        "#3c4800",
        "#a74246",
        "#666571",
        "#a681a6",
    ),
    "dark": (
        "#7c93f5",
        "#da8a13",
        "#127858",
        "#9e4b82",
        "#84d6fd",
        "#7356df",
        "#e5f46c",
        "#c43103",
        "#94939b",
        "#fcbfca",
    ),
}
NEUTRAL = {"light": "#e9ebef", "dark": "#2a313c"}
OTHER_END = {"light": "#b4560a", "dark": "#f0a04b"}
OPPOSED = 25.0  # CIEDE2000 that the ends of a diverging ramp must have, to all people
#: Of the admin's theme: its steps, as shares of white or black in the accent.
ADMIN_STEPS = {"50": 0.92, "100": 0.85, "200": 0.7, "300": 0.5, "700": 0.12, "800": 0.28,
               "900": 0.42, "950": 0.6}  # fmt: skip


def css(theme: Any) -> str:
    """The style sheet of a theme; empty where it changes nothing."""
    lines = [f"  --{name}: light-dark({light}, {dark});"
             for name, (light, dark) in tokens(theme).items()]  # fmt: skip
    if theme.font != "system":
        lines.append(f"  --font: {brand.FONTS[theme.font].stack};")
    return ":root {\n" + "\n".join(lines) + "\n}\n" if lines else ""


def tokens(theme: Any) -> dict[str, tuple[str, str]]:
    """Name of a custom property -> its light and its dark colour."""
    found = {}
    for scheme in SCHEMES:
        accent, own = getattr(theme, f"accent_{scheme}"), palette(theme, scheme)
        pages, charts = followers(accent, scheme), followers(own[0] if own else "", scheme)
        found[scheme] = {name: (pages if name in OF_PAGES else charts)[name] for name in USUAL}
        colours = enumerate(categories(theme, scheme), 1)
        found[scheme] |= {f"cat-{number}": colour for number, colour in colours}
    usual = USUAL | {
        f"cat-{number}": pair
        for number, pair in enumerate(zip(*CATEGORIES.values(), strict=True), 1)
    }
    pairs = {name: (found["light"][name], found["dark"][name]) for name in usual}
    return {name: pair for name, pair in pairs.items() if pair != usual[name]}


def categories(theme: Any, scheme: str) -> list[str]:
    """All ten colours of charts on the pages of a scheme."""
    own = palette(theme, scheme)
    return [*own, *CATEGORIES[scheme][len(own) :]]


def palette(theme: Any, scheme: str) -> list[str]:
    """The theme's own colours of charts: those that it names, or all ten after its accent. The
    one that is most like the accent gives its place to the usual first, if that is told apart."""
    named, accent = getattr(theme, f"palette_{scheme}"), getattr(theme, f"accent_{scheme}")
    if named or not accent:
        return list(named)
    first, *others = CATEGORIES[scheme]
    apart = [brand.apart(accent, colour) for colour in others]
    if min(apart) < brand.APART <= brand.apart(accent, first):
        others[apart.index(min(apart))] = first
    return [accent, *others]


def followers(accent: str, scheme: str) -> dict[str, str]:
    """All tokens that follow a colour on the pages of a scheme; the usual ones without one."""
    if not accent:
        return {name: pair[SCHEMES.index(scheme)] for name, pair in USUAL.items()}
    surface, page = SURFACES[scheme]
    soft = oklab.mix(surface, accent, SOFT[scheme])
    found = {
        "accent": accent,
        "accent-text": enough(accent, (surface, page, soft), WORDS),
        "accent-soft": soft,
        "on-accent": words_on(accent),
        "on-cat-1": words_on(accent),
    }
    found |= {f"seq-{step}": oklab.mix(surface, accent, share) for step, share in enumerate(RAMP)}
    return found | _diverging(accent, scheme)


def words_on(ground: str) -> str:
    """White or nearly black, whichever is read; black where only that is."""
    for words in ("#ffffff", "#0e1116"):
        if contrast(words, ground) >= WORDS:
            return words
    return "#000000"  # on all that white is not read on


def _diverging(accent: str, scheme: str) -> dict[str, str]:
    """From the accent to the neutral middle, unless it is too near to the other end."""
    end = OTHER_END[scheme]
    if brand.apart(accent, end) < OPPOSED:
        accent = USUAL["div-0"][SCHEMES.index(scheme)]
    return {f"div-{step}": oklab.mix(accent, NEUTRAL[scheme], step / 3) for step in range(3)}


def admin_steps(theme: Any) -> dict[str, str]:
    """The eleven steps of the accent that the admin's theme takes; none for the usual accent."""
    if not (theme.accent_light or theme.accent_dark):
        return {}
    light, dark = theme.accent_light or USUAL["accent"][0], theme.accent_dark
    dark = dark or USUAL["accent"][1]
    if not theme.accent_light:
        light = enough(dark, SURFACES["light"], WORDS)
    found = {"400": dark, "500": oklab.mix(light, dark, 0.5),
             "600": enough(light, SURFACES["light"], WORDS)}  # fmt: skip
    for step, share in ADMIN_STEPS.items():
        other = "#ffffff" if int(step) < 400 else "#000000"
        found[step] = oklab.mix(found["600"], other, share)
    return found


def facts(theme: Any) -> list[dict[str, Any]]:
    """What is read and seen how well on the pages of each scheme, for the theme's form."""
    found = []
    for scheme in SCHEMES:
        tokens_of = followers(getattr(theme, f"accent_{scheme}"), scheme)
        accent, soft = tokens_of["accent"], tokens_of["accent-soft"]
        behind = SURFACES[scheme]
        on = contrast(tokens_of["on-accent"], accent)
        links = brand.lowest(tokens_of["accent-text"], (*behind, soft))
        found += [
            {"scheme": scheme, "what": "Accent on the page", "ratio": brand.lowest(accent, behind),
             "least": brand.MARKS},
            {"scheme": scheme, "what": "Words on buttons", "ratio": on, "least": WORDS},
            {"scheme": scheme, "what": "Links, chosen entries", "ratio": links, "least": WORDS},
        ]  # fmt: skip
    return found
