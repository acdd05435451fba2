"""Core: colours between two others, evenly to the eye.

Source: Ottosson (2020), "A perceptual color space for image processing"."""

from __future__ import annotations

Triple = tuple[float, float, float]


def linear(colour: str) -> Triple:
    """#rrggbb as linear light, 0 to 1 each."""
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return red, green, blue


def written(light: Triple) -> str:
    """Linear light as #rrggbb; what no screen shows is taken to the edge of what it does."""
    found = []
    for part in light:
        part = min(max(part, 0.0), 1.0)
        curved = part * 12.92 if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
        found.append(f"{round(curved * 255):02x}")
    return "#" + "".join(found)


def of(colour: str) -> Triple:
    """Lightness 0 to 1, and how red and how yellow."""
    red, green, blue = linear(colour)
    cones = (
        0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue,
        0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue,
        0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue,
    )
    long, medium, short = (cone ** (1 / 3) for cone in cones)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def colour(point: Triple) -> str:
    """The nearest #rrggbb of a point."""
    lightness, red, yellow = point
    long = (lightness + 0.3963377774 * red + 0.2158037573 * yellow) ** 3
    medium = (lightness - 0.1055613458 * red - 0.0638541728 * yellow) ** 3
    short = (lightness - 0.0894841775 * red - 1.2914855480 * yellow) ** 3
    return written(
        (
            4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
            -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
            -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
        )
    )


def mix(one: str, other: str, share: float) -> str:
    """The colour ``share`` of the way from one to the other, 0 to 1."""
    start, end = of(one), of(other)
    lightness, red, yellow = (a + (b - a) * share for a, b in zip(start, end, strict=True))
    return colour((lightness, red, yellow))


def lighter(shade: str, by: float) -> str:
    """The same hue, lighter by so much; darker where it is below zero."""
    lightness, red, yellow = of(shade)
    return colour((min(max(lightness + by, 0.0), 1.0), red, yellow))
