"""Core: what a number means to a reader: good or bad, by its sign or by limits."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tone:
    """A colour of verdicts, and the icon and word that say the same without it."""

    kind: str  # good, warn, bad
    icon: str
    word: str


GOOD, WARN, BAD = Tone("good", "check", "good"), Tone("warn", "warn", "warning"), Tone(
    "bad", "err", "bad"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tones:
    """``more_is_good``; beyond ``warn`` and ``bad``, in its bad direction, a value is that. With
    neither limit the sign decides."""

    more_is_good: bool
    warn: float | None = None
    bad: float | None = None

    def of(self, value: float | None) -> Tone | None:
        if value is None:
            return None
        if self.warn is None and self.bad is None:
            return self._by_sign(value)
        if self._beyond(value, self.bad):
            return BAD
        return WARN if self._beyond(value, self.warn) else GOOD

    def _by_sign(self, value: float) -> Tone | None:
        if not value:
            return None
        icon = "up-r" if value > 0 else "down-r"
        good = (value > 0) == self.more_is_good
        return Tone("good", icon, "good") if good else Tone("bad", icon, "bad")

    def _beyond(self, value: float, limit: float | None) -> bool:
        if limit is None:
            return False
        return value < limit if self.more_is_good else value > limit
