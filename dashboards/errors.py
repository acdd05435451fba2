class DashboardError(Exception):
    """Base of all; its text may be shown to people who edit dashboards."""


class UnknownChart(DashboardError):
    def __init__(self, name: str, known: list[str]):
        super().__init__(f"There is no chart type '{name}'. Known: {', '.join(sorted(known))}.")


class OptionsRefused(DashboardError):
    """A widget's options do not fit its chart type; ``field`` names the option."""

    def __init__(self, field: str, message: str):
        self.field, self.message = field, message
        super().__init__(f"{field}: {message}")


class LayoutRefused(DashboardError):
    """Sizes or places of cards that no page has."""


class LayoutChanged(DashboardError):
    """Somebody else arranged the dashboard meanwhile."""


class ChoiceRefused(DashboardError):
    """What a link or a person chose fits no filter; ``name`` is the parameter."""

    def __init__(self, name: str, message: str):
        self.name, self.message = name, message
        super().__init__(f"{name}: {message}")


class ThemeRefused(DashboardError):
    """A theme that people could not read; ``field`` names what is wrong."""

    def __init__(self, field: str, message: str):
        self.field, self.message = field, message
        super().__init__(f"{field}: {message}")


class ExportRefused(DashboardError):
    """What was asked for cannot be exported; the text is for the person who asked."""


class LinkClosed(DashboardError):
    """A link that was right, but shows nothing any more; its text is for whoever has it."""


class EmbedRefused(DashboardError):
    """Why a page is not embedded; its text is for the log, never for the page around."""


class RulesChanged(DashboardError):
    def __init__(self) -> None:
        super().__init__("The rules of its data changed just now. Reload the page.")
