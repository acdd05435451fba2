"""Records of the human surface, by what they are for."""

from dashboards.models.brand import Theme
from dashboards.models.dashboard import (
    Annotation,
    ChartTemplate,
    Dashboard,
    Filter,
    Page,
    Palette,
    SavedView,
    Widget,
)
from dashboards.models.handing_out import EmbedKey, Export, ShareLink
from dashboards.models.usage import PageLoad

__all__ = [
    "Annotation",
    "ChartTemplate",
    "Dashboard",
    "EmbedKey",
    "Export",
    "Filter",
    "Page",
    "PageLoad",
    "Palette",
    "SavedView",
    "ShareLink",
    "Theme",
    "Widget",
]
