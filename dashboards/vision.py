"""Core: how far two colours are apart, for people who see all of them and for those who do not.

Sources: Machado, Oliveira, Fernandes (2009), IEEE TVCG 15, severity 1.0, on linear light;
Sharma, Wu, Dalal (2005), "The CIEDE2000 color-difference formula", Color Res. Appl. 30."""

from __future__ import annotations

from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

from dashboards import oklab
from dashboards.oklab import Triple

#: What is left of red, green and blue.
DEFICIENCIES = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}
NORMAL = "normal"
VISIONS = (NORMAL, *DEFICIENCIES)
WHITE = (0.95047, 1.0, 1.08883)  # D65


def seen(colour: str, vision: str = NORMAL) -> Triple:
    """Linear light that somebody with full vision would see in its place, 0 to 1 each."""
    light = oklab.linear(colour)
    if vision == NORMAL:
        return light
    red, green, blue = (
        min(max(sum(a * b for a, b in zip(row, light, strict=True)), 0.0), 1.0)
        for row in DEFICIENCIES[vision]
    )
    return red, green, blue


def lab(light: Triple) -> Triple:
    """CIELAB of linear light of sRGB."""
    red, green, blue = light
    xyz = (
        0.4124564 * red + 0.3575761 * green + 0.1804375 * blue,
        0.2126729 * red + 0.7151522 * green + 0.0721750 * blue,
        0.0193339 * red + 0.1191920 * green + 0.9503041 * blue,
    )
    x, y, z = (_root(part / white) for part, white in zip(xyz, WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _root(part: float) -> float:
    return part ** (1 / 3) if part > (6 / 29) ** 3 else part / (3 * (6 / 29) ** 2) + 4 / 29


def difference(one: str, other: str, vision: str = NORMAL) -> float:
    """CIEDE2000 of two colours #rrggbb; about 10 is seen at a glance on filled marks."""
    return ciede2000(lab(seen(one, vision)), lab(seen(other, vision)))


def ciede2000(one: Triple, other: Triple) -> float:
    """Difference of two points of CIELAB, with all weights 1."""
    (light1, a1, b1), (light2, a2, b2) = one, other
    mean = (hypot(a1, b1) + hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * sqrt(mean**7 / (mean**7 + 25.0**7))
    chroma1, chroma2 = hypot(a1 * stretch, b1), hypot(a2 * stretch, b2)
    hue1, hue2 = (degrees(atan2(b, a * stretch)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0
    if chroma1 and chroma2:
        turn = (hue2 - hue1 + 180) % 360 - 180
    lights, chromas = light2 - light1, chroma2 - chroma1
    hues = 2 * sqrt(chroma1 * chroma2) * sin(radians(turn / 2))
    light, chroma = (light1 + light2) / 2, (chroma1 + chroma2) / 2
    hue = _mean_hue(hue1, hue2) if chroma1 and chroma2 else hue1 + hue2
    by_hue = (
        1
        - 0.17 * cos(radians(hue - 30))
        + 0.24 * cos(radians(2 * hue))
        + 0.32 * cos(radians(3 * hue + 6))
        - 0.20 * cos(radians(4 * hue - 63))
    )
    around = 2 * sqrt(chroma**7 / (chroma**7 + 25.0**7))
    bend = -around * sin(radians(60 * exp(-(((hue - 275) / 25) ** 2))))
    of_light = lights / (1 + 0.015 * (light - 50) ** 2 / sqrt(20 + (light - 50) ** 2))
    of_chroma = chromas / (1 + 0.045 * chroma)
    of_hue = hues / (1 + 0.015 * chroma * by_hue)
    return sqrt(of_light**2 + of_chroma**2 + of_hue**2 + bend * of_chroma * of_hue)


def _mean_hue(one: float, other: float) -> float:
    if abs(one - other) <= 180:
        return (one + other) / 2
    return (one + other + (360 if one + other < 360 else -360)) / 2
