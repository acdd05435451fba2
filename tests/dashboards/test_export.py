"""Exported files: complete, equal to the engine's own numbers, safe, and of the person's rights."""

import zipfile
from datetime import date, datetime, timedelta

import duckdb
import pyarrow as pa
import pytest
from django.utils import timezone

from dashboards import export, tasks
from dashboards.errors import ChoiceRefused, ExportRefused
from dashboards.exports import cells as csv_cells
from dashboards.exports import files
from dashboards.models import Export
from datasets.models import Dataset
from tests.dashboards.exporting import COUNT, book_of, made, orders, shop_of_orders, table_of  # noqa: F401
from tests.dashboards.test_export_cells import FORMULAS, in_lines
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.people import PersonFactory

pytestmark = pytest.mark.django_db(transaction=True)


def by_sql(statement: str) -> list[tuple]:
    """The answer of an engine of our own, past the portal."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Europe/Berlin'")
        connection.register("orders", orders())
        return connection.execute(statement).fetchall()


def test_csv_holds_all_groups_and_not_only_those_that_are_shown(shop):
    dashboard, cards, person = shop
    heading, *rows = table_of(made(person, dashboard, "csv", cards["Products"]))

    expected = by_sql(
        "SELECT product, sum(amount), sum(pieces) FROM orders GROUP BY 1 ORDER BY 2 DESC"
    )
    assert heading == ["product", "Amount, EUR", "Pieces"]
    assert len(rows) == COUNT
    assert [row[0] for row in rows] == [csv_cells.plain(row[0]) for row in expected]
    for row, (_, amount, pieces) in zip(rows, expected, strict=True):
        assert float(row[1]) == pytest.approx(amount, rel=1e-12)
        assert row[2] == str(int(pieces))


def test_csv_of_plain_rows_holds_all_rows_with_times_of_the_viewers_zone(shop):
    dashboard, cards, person = shop
    heading, *rows = table_of(made(person, dashboard, "csv", cards["Rows"]))

    assert heading == ["product", "Amount, EUR", "at"]
    assert len(rows) == COUNT
    assert rows[0] == ["'=1+1", "-20", "2026-10-02T00:30:00+02:00"]
    assert [row[2] for row in rows if row[2].endswith("+01:00")][0] == "2026-10-25T02:30:00+01:00"


def test_a_number_is_exported_with_what_it_is_compared_with_and_its_course(shop):
    dashboard, cards, person = shop
    heading, *rows = table_of(made(person, dashboard, "csv", cards["Orders"]))

    days = by_sql(
        'SELECT CAST("at" AS DATE), count(*) FROM orders GROUP BY 1 ORDER BY 1 DESC LIMIT 30'
    )
    assert heading == ["Part", "at, day", "Count"]
    assert [row[0] for row in rows[:2]] == ["Value", "Before"]
    assert rows[0] == ["Value", "", str(sum(count for _, count in days))]
    assert rows[2:] == [["Course", str(day), str(count)] for day, count in reversed(days)]


def test_a_number_is_exported_without_a_time_before_of_which_data_are_missing(shop):
    dashboard, cards, person = shop
    cards["Orders"].options |= {"period": "40d"}
    cards["Orders"].save()

    _, *rows = table_of(made(person, dashboard, "csv", cards["Orders"]))

    assert [row[0] for row in rows[:2]] == ["Value", "Course"]


def test_what_is_chosen_on_the_page_limits_the_export(shop):
    dashboard, cards, person = shop
    done = made(person, dashboard, "csv", cards["Products"], query="country=AT")

    expected = by_sql("SELECT count(DISTINCT product) FROM orders WHERE country = 'AT'")
    assert len(table_of(done)) - 1 == expected[0][0]


@pytest.mark.parametrize("query", ["country=AT", "x.{card}.country=AT"])
def test_the_first_sheet_says_what_was_chosen_and_of_when_the_data_is(shop, query):
    dashboard, cards, person = shop
    done = made(person, dashboard, "xlsx", query=query.format(card=cards["By country"].pk))
    about = {row[0]: row[1] for row in book_of(done)["About"].iter_rows(values_only=True)}

    chosen = "Country" if query.startswith("c") else "Clicked: country"
    assert about["Dashboard"] == "Orders: all/any"
    assert about[chosen] == "AT"
    assert about["Data of Orders"] == "2026-12-03 11:30:00 Europe/Berlin"
    assert about["Exported by"] == "'=HYPERLINK(1)"
    assert about["Link"].startswith("https://bi.example.org/dashboards/orders/?")
    assert about["Products"] == "500 rows, sheet Products"


def test_excel_has_a_sheet_per_card_with_true_numbers_and_days(shop):
    dashboard, cards, person = shop
    book = book_of(made(person, dashboard, "xlsx"))

    assert book.sheetnames == ["About", "Products", "Rows", "Orders", "By country"]
    sheet = book["Rows"]
    assert sheet.max_row == COUNT + 1
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("A2", f"A1:C{COUNT + 1}")
    assert sheet["A1"].font.bold
    assert (sheet["B2"].value, sheet["B2"].number_format) == (-20, '#,##0.00 "EUR"')
    assert sheet["C2"].value == datetime(2026, 10, 2, 0, 30)  # noqa: DTZ001
    day = book["Orders"]["B4"].value
    assert (day.hour, day.date()) == (0, date(2026, 11, 4))
    assert sheet.column_dimensions["C"].width > 18


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_becomes_a_formula_in_either_format(shop, text):
    dashboard, cards, person = shop
    rows = table_of(made(person, dashboard, "csv", cards["Rows"]))
    sheet = book_of(made(person, dashboard, "xlsx", cards["Rows"]))["Rows"]

    # openpyxl ends lines as XML does.
    written = {f"'{text}", f"'{text}".replace("\r", "\n"), f"'{text}".replace("\r", "_x000D_")}
    found = [cell for cell in sheet["A"] if cell.value in written]
    assert [row[0] for row in rows].count(f"'{in_lines(text)}") == 1
    assert [cell.data_type for cell in found][:1] == ["s"]
    assert not [row for row in rows if row[0].startswith(tuple(FORMULAS))]
    assert not [cell for cell in sheet["A"] if cell.data_type == "f"]


def test_hostile_titles_stay_texts_too(shop):
    dashboard, cards, person = shop
    dashboard.title = "=1+1"
    dashboard.save()
    cards["Rows"].title = "=cmd|'/C calc'!A0"
    cards["Rows"].save()
    done = made(person, dashboard, "xlsx")

    cells = [cell for sheet in book_of(done) for row in sheet.iter_rows() for cell in row]
    assert [cell for cell in cells if cell.data_type == "f"] == []
    assert done.name.startswith("1 1 20")


def test_a_zip_holds_one_csv_per_card(shop):
    dashboard, cards, person = shop
    long = "By country, of those who came in the last thirty days and"
    for place, title in ((8, f"{long} bought"), (9, f"{long}: bought")):
        WidgetFactory(
            dashboard=dashboard, dataset=cards["Rows"].dataset, title=title, chart_type="bar",
            options={"category": "country"}, position=place,
        )  # fmt: skip
    done = made(person, dashboard, "csv")

    with zipfile.ZipFile(export.path_of(done)) as archive:
        lines = {n.split(" 20")[0]: len(archive.read(n).splitlines()) for n in archive.namelist()}
    assert list(lines) == [
        "Products", "Rows", "Orders", "By country", f"{long} bought", f"{long} bought (2)",
    ]  # fmt: skip
    assert lines["By country"] == 3
    assert lines["Rows"] > COUNT


def test_more_rows_than_a_sheet_has_go_on_in_another_one_and_are_told(shop, monkeypatch):
    monkeypatch.setattr(files, "MOST_ROWS", 600)
    dashboard, cards, person = shop
    done = made(person, dashboard, "xlsx", cards["Rows"])
    book = book_of(done)

    assert [sheet.max_row - 1 for sheet in book.worksheets[1:]] == [600, 600, 300]
    assert "1,500 rows, on 3 sheets" in done.error
    told = [row for row in book["About"].iter_rows(values_only=True) if row[0] == "Rows"]
    assert told[0][1] == "1,500 rows, sheets Rows, Rows (2), Rows (3)"


def test_a_text_that_excel_cannot_hold_is_marked_and_told_and_csv_has_it_whole(shop):
    dashboard, _, person = shop
    long = "x" * 40_000
    dataset = DatasetFactory()
    publish(dataset, pa.table({"note": [long], "big": [2**60], "old": [date(1850, 1, 1)]}))
    card = WidgetFactory(
        dashboard=dashboard, dataset=dataset, title="Notes", chart_type="table",
        options={"columns": ["note", "big", "old"]},
    )  # fmt: skip
    excel, plain = (made(person, dashboard, kind, card) for kind in ("xlsx", "csv"))
    note, big, old = (cell.value for cell in book_of(excel)["Notes"][2])

    assert note.endswith("[cut: longer than a cell of Excel]")
    assert len(note) == 32_767
    assert "1 texts are longer" in excel.error
    assert (big, old) == (str(2**60), "1850-01-01")
    assert table_of(plain)[1] == [long, str(2**60), "1850-01-01"]


def test_a_card_that_cannot_be_read_is_named_and_the_others_are_there(shop):
    dashboard, cards, person = shop
    cards["Products"].options = {"group_by": ["gone"], "measures": ["count()"]}
    cards["Products"].save()
    done = made(person, dashboard, "xlsx")

    assert book_of(done).sheetnames == ["About", "Rows", "Orders", "By country"]
    assert done.error.startswith("Not in it: Products (The settings of this card do not fit")


# --- Rights, and the life of an export


def test_who_loses_the_right_while_the_export_waits_gets_nothing(shop):
    dashboard, cards, person = shop
    asked = export.ask(person, dashboard, "csv", widget=cards["Rows"], query="")
    person.groups.clear()
    export.make(asked.pk)
    asked.refresh_from_db()

    assert (asked.state, asked.error, asked.file) == ("failed", export.GONE, "")


def test_who_may_see_may_export_and_nobody_else(shop):
    dashboard, _, person = shop

    assert export.may_export(person, dashboard)
    assert not export.may_export(PersonFactory(), dashboard)


@pytest.mark.parametrize(
    ("wanted", "query", "error"),
    [("exe", "", ExportRefused), ("csv", "x.1.secret=1", ChoiceRefused),
     ("csv", "country=" + "x" * 3000, ExportRefused)],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_before_any_work(shop, wanted, query, error):
    dashboard, _, person = shop
    with pytest.raises(error):
        export.ask(person, dashboard, wanted, widget=None, query=query)
    assert not Export.objects.exists()


def test_one_person_cannot_take_all_workers(shop):
    dashboard, _, person = shop
    for _ in range(export.ACTIVE_MOST):
        export.ask(person, dashboard, "csv", widget=None, query="")

    with pytest.raises(ExportRefused, match="under way"):
        export.ask(person, dashboard, "csv", widget=None, query="")


def test_one_person_cannot_fill_the_disk(shop):
    dashboard, cards, person = shop
    first = made(person, dashboard, "csv", cards["Rows"])
    Export.objects.filter(pk=first.pk).update(bytes=export.KEPT_MOST - 1)
    second = made(person, dashboard, "csv", cards["Rows"])

    with pytest.raises(ExportRefused, match="kept for 24 hours"):
        export.ask(person, dashboard, "csv", widget=None, query="")
    assert export.ask(PersonFactory(roles=["Merchants"]), dashboard, "csv", widget=None, query="")
    old = timezone.now() - timedelta(hours=25)
    Export.objects.filter(pk=first.pk).update(finished_at=old)
    export.clean_up()
    assert export.path_of(second).exists()
    assert export.ask(person, dashboard, "csv", widget=None, query="")


def test_pictures_without_chromium_say_what_to_install(shop, monkeypatch):
    monkeypatch.setattr("dashboards.exports.pictures._found", lambda: "")
    dashboard, cards, person = shop

    with pytest.raises(ExportRefused, match="apt-get install chromium"):
        export.ask(person, dashboard, "pdf", widget=None, query="")
    assert made(person, dashboard, "csv", cards["Rows"]).bytes > 0


def test_a_cancelled_export_is_not_made_and_a_made_one_not_cancelled(shop):
    dashboard, cards, person = shop
    waiting = export.ask(person, dashboard, "csv", widget=cards["Rows"], query="")
    export.cancel(waiting)
    export.make(waiting.pk)
    waiting.refresh_from_db()
    done = made(person, dashboard, "csv", cards["Rows"])

    assert (waiting.state, waiting.file) == ("cancelled", "")
    assert not export.cancel(done)


def test_a_second_delivery_of_the_same_message_does_nothing(shop):
    dashboard, cards, person = shop
    done = made(person, dashboard, "csv", cards["Rows"])
    export.make(done.pk)

    assert Export.objects.get(pk=done.pk).file == done.file


def test_files_go_after_a_day_and_records_say_who_took_what(shop):
    dashboard, cards, person = shop
    old, new = (made(person, dashboard, "csv", cards["Rows"]) for _ in range(2))
    path = export.path_of(old)
    Export.objects.filter(pk=old.pk).update(finished_at=timezone.now() - timedelta(hours=25))
    export.clean_up()
    old.refresh_from_db()

    assert not path.exists()
    assert (old.file, old.state, old.owner) == ("", "done", person)
    assert export.path_of(new).exists()


@pytest.mark.parametrize("silent", [0, 120])
def test_exports_leave_one_worker_for_refreshes(shop, settings, monkeypatch, silent):
    settings.WORKER_PROCESSES = 2
    dashboard, cards, person = shop
    other, mine = (
        export.ask(person, dashboard, "csv", widget=cards["Rows"], query="") for _ in range(2)
    )
    seen = timezone.now() - timedelta(seconds=silent)
    Export.objects.filter(pk=other.pk).update(state="running", seen_at=seen)
    later = []
    monkeypatch.setattr(tasks.export, "apply_async", lambda args, countdown: later.append(args))
    tasks.export(mine.pk)
    mine.refresh_from_db()

    expected = ("done", []) if silent else ("queued", [(mine.pk,)])
    assert (mine.state, later) == expected


def test_exports_without_a_sign_of_life_are_given_up(shop):
    dashboard, _, person = shop
    lost, alive, untaken = (
        export.ask(person, dashboard, "csv", widget=None, query="") for _ in range(3)
    )
    now = timezone.now()
    Export.objects.filter(pk=lost.pk).update(state="running", seen_at=now - timedelta(minutes=2))
    Export.objects.filter(pk=alive.pk).update(state="running", seen_at=now)
    Export.objects.filter(pk=untaken.pk).update(created_at=now - timedelta(hours=1))

    assert export.give_up_lost() == 2
    states = dict(Export.objects.values_list("pk", "state"))
    assert states == {lost.pk: "failed", alive.pk: "running", untaken.pk: "failed"}


def test_without_data_the_card_says_so(shop):
    dashboard, cards, person = shop
    Dataset.objects.update(current_snapshot=None)
    asked = export.ask(person, dashboard, "csv", widget=cards["Rows"], query="")
    export.make(asked.pk)
    asked.refresh_from_db()

    assert asked.state == "failed"
    assert "Orders" in asked.error
